import { describe, expect, it } from 'vitest';
import { containsBytes, freezeDecoded, sharingOf, withOwnBytes } from '../../../src/storage/kernel/content-walk.js';

const bytes = () => Uint8Array.of(1, 2);
const frozen = <T extends object>(value: T): T => Object.freeze(value);

describe('what a value holds', () => {
  it('is looked for in all its depth, where it is bytes', () => {
    for (const value of [bytes(), [1, bytes()], [[], ['x', [bytes()]]], { a: 1, b: { c: [bytes()] } }])
      expect(containsBytes(value)).toBe(true);
    for (const value of [undefined, null, 1, 'text', [], [1, null, ['x']], {}, { a: null, b: { c: [1] } }])
      expect(containsBytes(value)).toBe(false);
  });
});

describe('a value may be shared (INV-13)', () => {
  it('while nobody can change any part of it', () => {
    const values = [1, null, undefined, 'x', frozen([]), frozen([1, null, 'x', frozen([2])]), frozen({ a: null })];
    for (const value of [...values, frozen({ a: 1, b: frozen({ c: frozen([frozen({})]) }) })])
      expect(sharingOf(value)).toBe('frozen');
  });

  it('not at all where a part of it can be changed, wherever that is', () => {
    for (const value of [
      [],
      {},
      frozen([[]]),
      frozen([1, {}, 2]),
      frozen({ a: [], b: 1 }),
      frozen({ a: frozen([[]]) }),
    ])
      expect(sharingOf(value)).toBe('open');
    expect(sharingOf(frozen([bytes(), []]))).toBe('open');
    expect(sharingOf(frozen([[], bytes()]))).toBe('open');
    expect(sharingOf(frozen({ a: [], b: bytes() }))).toBe('open');
    expect(sharingOf(frozen({ a: bytes(), b: [] }))).toBe('open');
  });

  it('as copies of its bytes where that is all that can be changed, whatever comes behind them', () => {
    const values = [
      bytes(),
      frozen([bytes()]),
      frozen([bytes(), 1, frozen([])]),
      frozen({ a: bytes(), b: frozen({}) }),
    ];
    for (const value of [...values, frozen({ a: frozen([frozen({ b: bytes() })]), c: 1 })])
      expect(sharingOf(value)).toBe('frozen-with-bytes');
  });
});

describe('a decoded value', () => {
  it('is frozen in all its depth, with bytes of its own', () => {
    const buffer = Buffer.from([7, 8, 9]);
    const value = { list: [1, null, { deep: [buffer.subarray(1)] }, undefined], none: null, text: 'x', bytes: buffer };
    const decoded = freezeDecoded(value);
    buffer.fill(0);
    expect(decoded).toEqual({
      list: [1, null, { deep: [Uint8Array.of(8, 9)] }, undefined],
      none: null,
      text: 'x',
      bytes: Uint8Array.of(7, 8, 9),
    });
    expect(sharingOf(decoded)).toBe('frozen-with-bytes');
    expect(decoded.bytes).not.toBeInstanceOf(Buffer);
    expect(freezeDecoded(bytes())).toEqual(bytes());
    for (const plain of [1, 'x', null, undefined]) expect(freezeDecoded(plain)).toBe(plain);
  });
});

describe('a value with bytes of its own', () => {
  it('shares what holds no bytes, and nothing that does', () => {
    const inner = frozen({ a: frozen([1]) });
    const value = frozen({ inner, list: frozen([bytes(), frozen([bytes()]), 1, null]), bytes: bytes() });
    const own = withOwnBytes(value);
    expect(own).toEqual(value);
    expect(sharingOf(own)).toBe('frozen-with-bytes');
    expect(own.inner).toBe(inner);
    expect(own.bytes).not.toBe(value.bytes);
    expect(own.list[0]).not.toBe(value.list[0]);
    expect(Array.isArray(own.list[1])).toBe(true);
    for (const plain of [1, 'x', null, undefined, inner]) expect(withOwnBytes(plain)).toBe(plain);
    const alone = bytes();
    expect(withOwnBytes(alone)).toEqual(alone);
    expect(withOwnBytes(alone)).not.toBe(alone);
  });
});
