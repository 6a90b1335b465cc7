import { describe, expect, it } from 'vitest';
import { MemoryRawStorage, type BlockArchive } from '../../../src/storage/index.js';
import { ArchivesAhead } from '../../../src/storage/block/archives-ahead.js';
import { archiveOf, storeAt } from './chain.js';

describe('archives that are asked for ahead', () => {
  it('are the ones below those that came, each asked for once, with a signal or without', async () => {
    const asked: (number | undefined)[] = [];
    const top = archiveOf([1, 3, 5], { above: 3 });
    const ahead = new ArchivesAhead(new MemoryRawStorage(), async (_blockId, rev) => {
      asked.push(rev);
      return rev === undefined ? top : rev === 4 ? archiveOf([1, 3], { end: 5 }) : undefined;
    });
    expect(await ahead.restore('a')).toBe(top);
    expect(asked).toEqual([undefined, 4]);
    const below = await ahead.restore('a', 4);
    expect(below?.range).toEqual([1, 5]);
    expect(await ahead.restore('a', 9)).toBeUndefined();
    expect(asked).toEqual([undefined, 4, 9]);
    await ahead.restore('a');
    const caller = new AbortController();
    caller.abort(new RangeError('enough'));
    await expect(ahead.restore('a', 4, { signal: caller.signal })).rejects.toThrow('enough');
    ahead.stop();
  });

  /** Answers with these archives, by the revision that is asked for; `undefined`: the newest. */
  function aheadOf(archives: ReadonlyMap<number | undefined, BlockArchive>, storage = new MemoryRawStorage()) {
    const asked: (number | undefined)[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const ahead = new ArchivesAhead(storage, async (_blockId, rev, options) => {
      asked.push(rev);
      signals.push(options?.signal);
      return archives.get(rev);
    });
    return { ahead, asked, signals };
  }

  it('are handed out once, and dropped where the walk comes to something else', async () => {
    const top = archiveOf([1, 3, 5], { above: 3 });
    const { ahead, asked } = aheadOf(new Map([[undefined, top]]));
    await ahead.restore('a');
    await ahead.restore('a', 4);
    await ahead.restore('a', 4);
    expect(asked).toEqual([undefined, 4, 4]);
    await ahead.restore('a');
    await ahead.restore('a', 9);
    await ahead.restore('a', 4);
    expect(asked.slice(3)).toEqual([undefined, 4, 9, 4]);
  });

  it('are none below the first revision of a block, nor below one that claims to be lower than that', async () => {
    const lowest: BlockArchive = {
      blockId: 'a',
      range: [1],
      revisions: { 1: { trx: { trxId: 't1', transform: {} } } },
    };
    for (const [archive, below] of [
      [archiveOf([1, 2]), undefined],
      [archiveOf([3, 5]), undefined],
      [lowest, undefined],
      [archiveOf([1, 2], { above: 1 }), 1],
      [archiveOf([1, 3, 5], { above: 1 }), 2],
    ] as const) {
      const { ahead, asked } = aheadOf(new Map([[undefined, archive]]));
      await ahead.restore('a');
      expect(asked.slice(1)).toEqual(below === undefined ? [] : [below]);
    }
  });

  it('are none of what is held already', async () => {
    const { storage } = await storeAt([1, 3]);
    const { ahead, asked } = aheadOf(new Map([[undefined, archiveOf([1, 3, 5], { above: 3 })]]), storage);
    await ahead.restore('a');
    expect(asked).toEqual([undefined]);
  });

  it('are called off when the walk ends, and not asked for any more', async () => {
    const { ahead, asked, signals } = aheadOf(new Map([[undefined, archiveOf([1, 3, 5], { above: 3 })]]));
    await ahead.restore('a');
    expect(signals[1]?.aborted).toBe(false);
    ahead.stop();
    expect(signals[1]?.reason).toMatchObject({ name: 'AbortError', message: 'the walk has ended' });
    await ahead.restore('a');
    expect(asked).toEqual([undefined, 4, undefined]);
  });

  it('may fail without anybody waiting for them', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const ahead = new ArchivesAhead(new MemoryRawStorage(), async (_blockId, rev) => {
      if (rev !== undefined) throw new RangeError('nobody is there');
      return archiveOf([1, 3, 5], { above: 3 });
    });
    await ahead.restore('a');
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    await expect(ahead.restore('a', 4)).rejects.toThrow('nobody is there');
  });
});
