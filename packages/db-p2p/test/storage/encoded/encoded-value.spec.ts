import { expect, it } from 'vitest';
import { decodeEncoded, encodeStored } from '../../../src/storage/encoded/encoded-value.js';

it('what is encoded as stores write it has integers up to 32 bits, and larger ones as floats', () => {
  const hex = (value: unknown) => Buffer.from(encodeStored(value)).toString('hex');
  expect(hex(2 ** 32 - 1)).toBe('1affffffff');
  expect(hex(2 ** 32)).toBe('fb41f0000000000000');
  for (const value of [2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]) {
    expect(decodeEncoded(encodeStored(value))).toBe(value);
  }
});

it('what is decoded is frozen to its depths, and holds bytes of its own (INV-13)', () => {
  const source = encodeStored({ list: [{ bytes: Uint8Array.of(1, 2) }] });
  const value = decodeEncoded(source) as { list: { bytes: Uint8Array }[] };
  expect([value, value.list, value.list[0]].every(Object.isFrozen)).toBe(true);
  value.list[0]?.bytes.fill(9);
  expect(decodeEncoded(source)).toEqual({ list: [{ bytes: Uint8Array.of(1, 2) }] });
});
