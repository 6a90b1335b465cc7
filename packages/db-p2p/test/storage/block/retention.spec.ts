import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage } from '../../../src/storage/index.js';
import { AT_CHECKPOINT, isCheckpointDue, passed } from '../../../src/storage/block/retention.js';

describe('a copy that is kept', () => {
  it('is due when its interval has passed, or more bytes of transforms than a copy takes up', () => {
    const since = (revisions: number, bytes: number) => ({ revisions, bytes });
    expect(isCheckpointDue(since(2, 0), 10, 3)).toBe(false);
    expect(isCheckpointDue(since(3, 0), 10, 3)).toBe(true);
    expect(isCheckpointDue(since(1, 10 + 128), 10, 3)).toBe(false);
    expect(isCheckpointDue(since(1, 10 + 129), 10, 3)).toBe(true);
  });

  it('starts a new count, of revisions and of their bytes', () => {
    expect(passed(passed(AT_CHECKPOINT, 10), 5)).toEqual({ revisions: 2, bytes: 15 });
    expect(AT_CHECKPOINT).toEqual({ revisions: 0, bytes: 0 });
  });

  it('is one of 32 at least, unless a block is told otherwise', () => {
    expect(new BlockStorage('a', new MemoryRawStorage()).checkpointInterval).toBe(32);
  });
});
