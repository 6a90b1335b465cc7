import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, resolveLimits, REVISION_MAX, type Limits } from '@blockstrata/db-core';

describe('limits', () => {
  it('are those of the design by default', () => {
    expect(resolveLimits()).toEqual(DEFAULT_LIMITS);
    expect([DEFAULT_LIMITS.idBytesMax, DEFAULT_LIMITS.blockBytesMax, DEFAULT_LIMITS.contentDepthMax]).toEqual([
      256,
      4 * 2 ** 20,
      64,
    ]);
    expect([DEFAULT_LIMITS.callBlocksMax, DEFAULT_LIMITS.callBytesMax]).toEqual([10_000, 64 * 2 ** 20]);
    expect(REVISION_MAX).toBe(2 ** 53 - 1);
    expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true);
  });

  it('are replaced one by one, and frozen', () => {
    const limits = resolveLimits({ pageRecordsMax: 7 });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, pageRecordsMax: 7 });
    expect(Object.isFrozen(limits)).toBe(true);
  });

  it.each<[string, object]>([
    ['zero', { blockBytesMax: 0 }],
    ['a fraction', { callBlocksMax: 1.5 }],
    ['NaN', { callBlocksMax: Number.NaN }],
    ['infinity', { callBlocksMax: Infinity }],
    ['a text', { callBlocksMax: '7' }],
    ['a name that is no limit', { blocksMax: 1 }],
    ['the name of a method of every object', { toString: 1 }],
    ['a block larger than a call', { blockBytesMax: 65 * 2 ** 20, archiveBytesMax: 70 * 2 ** 20 }],
    ['a block larger than an archive', { archiveBytesMax: 2 ** 20 }],
    ['more listed pendings than pendings', { blockPendingsMax: 10 }],
    ['ids longer than the format holds', { idBytesMax: 257 }],
  ])('refuse %s with a TypeError that names the limit', (_, wrong) => {
    const overrides = wrong as Partial<Limits>;
    expect(() => resolveLimits(overrides)).toThrow(/^limits\./);
    expect(() => resolveLimits(overrides)).toThrow(TypeError);
  });
});
