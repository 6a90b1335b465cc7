import { describe, expect, it } from 'vitest';
import { RecentEncodings } from '../../../src/storage/kernel/recent-encodings.js';

const bytes = (length: number) => new Uint8Array(length);

function keep(recent: RecentEncodings, count: number, length: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const value = Object.freeze({ i });
    recent.keep(value, bytes(length));
    return value;
  });
}

const held = (recent: RecentEncodings, values: readonly object[]) =>
  values.filter(value => recent.get(value) !== undefined).length;

describe('the encodings of a moment ago', () => {
  it('are those of the very objects, and only of what nobody can change (INV-13)', () => {
    const recent = new RecentEncodings();
    const frozen = Object.freeze({ text: 'a' });
    const open = { text: 'a' };
    const openBelow = Object.freeze({ list: ['a'] });
    const withBytes = Object.freeze({ data: bytes(1) });
    for (const value of [frozen, open, openBelow, withBytes]) recent.keep(value, bytes(9));
    expect(recent.get(frozen)).toHaveLength(9);
    expect(recent.get(Object.freeze({ text: 'a' }))).toBeUndefined();
    for (const value of [open, openBelow, withBytes]) expect(recent.get(value)).toBeUndefined();
  });

  it('reach back over a thousand transactions at least, and are bounded in bytes and in number (INV-12)', () => {
    const small = new RecentEncodings();
    const many = keep(small, 10_000, 1);
    expect(held(small, many.slice(-1024))).toBe(1024);
    expect(held(small, many)).toBeLessThanOrEqual(4096);
    for (const count of [1024, 2048, 2049, 3000, 4097]) {
      const recent = new RecentEncodings();
      expect(held(recent, keep(recent, count, 1).slice(-1024))).toBe(1024);
    }
    const large = new RecentEncodings();
    const few = keep(large, 200, 60_000);
    expect(held(large, few)).toBeLessThanOrEqual(70);
    const full = new RecentEncodings();
    const largest = keep(full, 64, 65_536);
    expect(held(full, largest)).toBe(64);
    keep(full, 1, 65_536);
    expect(held(full, largest)).toBe(32);
    expect(held(large, keep(large, 1, 65_537))).toBe(0);
    expect(held(large, keep(large, 1, 65_536))).toBe(1);
    expect(held(large, keep(large, 1024, 1))).toBe(1024);
  });
});
