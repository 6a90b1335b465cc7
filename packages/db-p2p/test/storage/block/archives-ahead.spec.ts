import { describe, expect, it } from 'vitest';
import { MemoryRawStorage } from '../../../src/storage/index.js';
import { ArchivesAhead } from '../../../src/storage/block/archives-ahead.js';
import { archiveOf } from './chain.js';

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
});
