import { systemClock } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { RESTORE_BACKOFF_MS_MAX, RESTORE_BACKOFF_MS_MIN } from '../../../src/storage/block/restoration.js';
import { archiveOf, storeAt } from './chain.js';

async function failingStore(jitter: number) {
  let now = 1_000_000;
  const logged: unknown[] = [];
  const made = await storeAt([1], {
    clock: { ...systemClock, now: () => now },
    randomness: { next: () => jitter, uuid: () => 'id' },
    logger: {
      forComponent: name =>
        Object.assign(() => undefined, {
          enabled: false,
          trace: () => undefined,
          error: (...args: unknown[]) => void logged.push(name, ...args),
        }),
    },
  });
  return { ...made, logged, forward: (ms: number) => (now += ms) };
}

describe('a restoration that failed', () => {
  it.each([
    ['half of it at least', 0, 0.5],
    ['hardly more than it', 0.999, 0.9995],
  ])(
    'is tried again when its wait has passed, which doubles up to a minute; with jitter, %s',
    async (_what, jitter, part) => {
      const { block, peer, logged, forward } = await failingStore(jitter);
      for (let failures = 1; failures <= 12; failures++) {
        const waitMs = part * Math.min(RESTORE_BACKOFF_MS_MAX, RESTORE_BACKOFF_MS_MIN * 2 ** (failures - 1));
        await expect(block.refresh()).rejects.toThrow('nobody has it');
        expect(peer.asked).toHaveLength(failures);
        expect(logged).toHaveLength(3 * failures);
        await expect(block.refresh()).rejects.toThrow(`next try in ${Math.ceil(waitMs)} ms`);
        forward(waitMs - 0.01);
        await expect(block.refresh()).rejects.toThrow('next try in 1 ms');
        expect(peer.asked).toHaveLength(failures);
        forward(0.02);
      }
      expect(RESTORE_BACKOFF_MS_MIN * 2 ** 11).toBeGreaterThan(RESTORE_BACKOFF_MS_MAX);
      expect([RESTORE_BACKOFF_MS_MIN, RESTORE_BACKOFF_MS_MAX]).toEqual([100, 60_000]);
      expect(logged.slice(0, 2)).toEqual(['blockstrata:restore', '%s']);
    },
  );

  it('is forgotten once one succeeds, and tells what its callback failed with', async () => {
    const { block, peer, forward } = await failingStore(0);
    await expect(block.refresh()).rejects.toThrow('nobody has it');
    forward(50);
    await expect(block.refresh()).rejects.toThrow('nobody has it');
    forward(100);
    peer.archive = archiveOf([1, 2]);
    await block.refresh();
    peer.archive = { ...archiveOf([1, 2]), blockId: 'b' };
    await expect(block.refresh()).rejects.toThrow('another block');
    await expect(block.refresh()).rejects.toThrow('next try in 50 ms');
  });
});
