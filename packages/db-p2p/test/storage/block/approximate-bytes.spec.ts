import { describe, expect, it } from 'vitest';
import { approximateBytes } from '../../../src/storage/block/approximate-bytes.js';

describe('the bytes that a value takes up, about', () => {
  it.each<[unknown, number]>([
    ['', 3],
    ['four', 7],
    [new Uint8Array(10), 13],
    [1, 9],
    [null, 9],
    [undefined, 9],
    [true, 9],
    [[], 3],
    [['four', 1], 19],
    [{}, 3],
    [{ key: 'four', list: [[]] }, 3 + 5 + 7 + 6 + 6],
  ])('of %j', (value, bytes) => {
    expect(approximateBytes(value)).toBe(bytes);
  });
});
