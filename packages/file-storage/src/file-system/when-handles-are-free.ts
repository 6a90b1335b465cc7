import type { Clock } from '@blockstrata/db-core';
import { HANDLE_RETRIES_MAX, HANDLE_RETRY_DELAY_MS } from '../bounds.js';
import { errorCode } from './io-failure.js';

/** Whether a call failed only because the process, or the machine, has no file handle left. */
export function isOutOfHandles(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EMFILE' || code === 'ENFILE';
}

/**
 * Runs a call that opens something, again and again while there is no file handle for it (INV-12): nothing has happened
 * by then, so that repeating it is safe. Gives up after {@link HANDLE_RETRIES_MAX}.
 */
export async function whenHandlesAreFree<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await call();
    } catch (error) {
      if (!isOutOfHandles(error) || retries >= HANDLE_RETRIES_MAX) throw error;
    }
    await new Promise<void>(resolve => clock.after(HANDLE_RETRY_DELAY_MS, resolve));
  }
}
