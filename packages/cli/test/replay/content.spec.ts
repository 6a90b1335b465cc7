import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileBytes, fileContent } from '../../src/replay/content.js';

describe('the content of a file', () => {
  it('is its lines with their terminators where it is UTF-8 text', () => {
    expect(fileContent(Buffer.from('a\nb\r\n\nc'))).toEqual(['a\n', 'b\r\n', '\n', 'c']);
    expect(fileContent(Buffer.from(''))).toEqual([]);
    expect(fileContent(Buffer.from('\n'))).toEqual(['\n']);
    expect(fileContent(Buffer.from('\ufeffa\0\rb\n'))).toEqual(['\ufeffa\0\rb\n']);
  });

  it('is its bytes where it is not', () => {
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x61, 0xc3]]) {
      expect(fileContent(Buffer.from(bytes))).toEqual(new Uint8Array(bytes));
    }
  });

  it('gives exactly the bytes back', () => {
    const text = fc.string({ unit: 'binary' }).map(each => Buffer.from(each));
    const lines = fc
      .array(fc.constantFrom('a', '\r', '\n', '\ufeff', '\0', 'ü', '🦕', '\u2028'))
      .map(each => Buffer.from(each.join('')));
    const bytes = fc.uint8Array().map(each => Buffer.from(each));
    fc.assert(
      fc.property(fc.oneof(text, lines, bytes), each => {
        expect(fileBytes(fileContent(each)).equals(each)).toBe(true);
      }),
    );
  });
});
