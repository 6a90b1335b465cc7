import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '@blockstrata/db-core';
import { hedgedFetch } from '../../src/network/restore/hedged-fetch.js';
import { SyncClient } from '../../src/network/sync/sync-client.js';
import { DEFAULT_NETWORK_LIMITS as limits } from '../../src/network/limits.js';
import '../../src/network/index.js';

const libp2p = { dialProtocol: () => Promise.reject(new RangeError('nobody is there')) };

function holder(): SyncClient {
  return new SyncClient({ libp2p, peer: [] });
}

describe('hedgedFetch', () => {
  const init = (signal: AbortSignal) => ({ limits, clock: systemClock, signal, onFailure: () => undefined });

  it.each([
    ['that delivers', () => Promise.resolve('an archive')],
    ['that delivers nothing', () => Promise.resolve(undefined)],
    ['that fails', () => Promise.reject(new RangeError('broken'))],
  ])('leaves nothing behind on the signal of a fetch %s', async (_, attempt) => {
    const { signal } = new AbortController();
    await hedgedFetch<string>([holder(), holder()], attempt, init(signal));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects with the reason of its signal, and calls off whoever was asked', async () => {
    const controller = new AbortController();
    let called: AbortSignal | undefined;
    const fetched = hedgedFetch<string>(
      [holder()],
      (_, signal) => new Promise(() => (called = signal)),
      init(controller.signal),
    );
    controller.abort(new RangeError('enough'));
    await expect(fetched).rejects.toBeInstanceOf(RangeError);
    expect(called?.aborted).toBe(true);
  });
});
