import type { Transform } from '@blockstrata/db-core';
import { expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, type BlockArchive } from '../../../src/storage/index.js';

/** How often others had their turn while an archive of so many revisions, each of so many bytes, was installed. */
async function turnsWhile(revisionCount: number, bytesEach: number): Promise<number> {
  const header = { id: 'a', type: 't', collectionId: 'a' };
  const revisions: BlockArchive['revisions'] = {};
  for (let rev = 1; rev <= revisionCount; rev++) {
    const text = 'x'.repeat(bytesEach);
    const transform: Transform = rev === 1 ? { insert: { header } } : { updates: [['n', -1, 0, text + rev]] };
    revisions[rev] = { trx: { trxId: `t${rev}`, transform }, base: rev - 1 };
  }
  let turns = 0;
  let isInstalling = true;
  const count = (): void => {
    turns++;
    if (isInstalling) setImmediate(count);
  };
  const block = new BlockStorage('a', new MemoryRawStorage(), async () => {
    setImmediate(count);
    return { blockId: 'a', range: [1], revisions };
  });
  await block.ensureRevision(revisionCount);
  isInstalling = false;
  expect((await block.getLatest())?.rev).toBe(revisionCount);
  return turns;
}

it('lets others have their turn while a long archive is installed, every few milliseconds', async () => {
  const [short, long] = [await turnsWhile(100, 1), await turnsWhile(1_100, 1)];
  expect(long - short).toBe(4);
});

it('lets others have their turn while a large archive is installed, after about a megabyte', async () => {
  const [small, large] = [await turnsWhile(8, 1_000), await turnsWhile(8, 400_000)];
  expect(large - small).toBe(3);
});
