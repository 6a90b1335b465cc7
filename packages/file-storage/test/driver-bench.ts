import type { DriverOpenOptions, DriverWrite, RecordKey } from '@blockstrata/db-p2p/storage';
import { FileDriver, type FileDriverOptions } from '../src/index.js';

/** Options of `open` that admit any header and count the epochs. */
export function opening(options: Partial<DriverOpenOptions> = {}): DriverOpenOptions {
  return {
    create: true,
    durability: 'strict',
    salvage: false,
    admit(header) {
      const { epoch } = header === undefined ? { epoch: 0 } : (JSON.parse(text(header)) as { epoch: number });
      return { bytes: headerOf(epoch + 1), epoch: epoch + 1 };
    },
    ...options,
  };
}

/** A header as these tests have it. */
export function headerOf(epoch: number): Uint8Array {
  return Buffer.from(`${JSON.stringify({ epoch })}\n`);
}

/** An open driver on a directory. */
export async function openDriver(
  directory: string,
  options?: FileDriverOptions,
  open?: Partial<DriverOpenOptions>,
): Promise<FileDriver> {
  const driver = new FileDriver(directory, options);
  await driver.open(opening(open));
  return driver;
}

export function put(key: RecordKey, value: string): DriverWrite {
  return { key, value: Buffer.from(value) };
}

export function removed(key: RecordKey): DriverWrite {
  return { key, value: undefined };
}

/** A value as text; nothing as the empty text. */
export function text(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString('utf8');
}
