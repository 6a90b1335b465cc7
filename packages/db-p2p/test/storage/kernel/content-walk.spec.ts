import { describe, expect, it } from 'vitest';
import { freezeDecoded, sharingOf } from '../../../src/storage/kernel/content-walk.js';

const deep = (wrap: (inner: unknown) => unknown, inner: unknown) => wrap(Object.freeze([1, null, wrap(inner)]));

describe('content that is looked through', () => {
  it.each([
    ['a list', (inner: unknown) => Object.freeze(['text', inner])],
    ['an object', (inner: unknown) => Object.freeze({ text: 'text', inner })],
  ])('is open where something in %s can be changed, however deep (INV-13)', (_what, wrap) => {
    expect(sharingOf(deep(wrap, 'text'))).toBe('frozen');
    expect(sharingOf(deep(wrap, Uint8Array.of(1)))).toBe('frozen-with-bytes');
    expect(sharingOf(deep(wrap, {}))).toBe('open');
    expect(sharingOf(deep(wrap, Object.freeze([Uint8Array.of(1), {}])))).toBe('open');
  });

  it('is frozen as it is where there is nothing in it', () => {
    for (const value of ['text', 1, null, undefined, true]) expect(freezeDecoded(value)).toBe(value);
  });
});
