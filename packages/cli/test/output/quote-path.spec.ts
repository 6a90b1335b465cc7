import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotePath, unquotePath } from '../../src/output/quote-path.js';

describe('a path on a terminal', () => {
  it('is as it is where all of it can be printed', () => {
    for (const path of ['README.md', 'naïve/日本語.md', ' a ', '-rf']) expect(quotePath(path)).toBe(path);
  });

  it('is quoted as git quotes it where it cannot', () => {
    expect(quotePath('line\nbreak')).toBe('"line\\nbreak"');
    expect(quotePath('say "hi"\\')).toBe('"say \\"hi\\"\\\\"');
    expect(quotePath(Buffer.from('caf\xe9', 'latin1'))).toBe('"caf\\351"');
    expect(quotePath('\u001b[31m')).toBe('"\\033[31m"');
    expect(quotePath('right\u202eleft')).toBe('"right\\342\\200\\256left"');
    expect(quotePath('')).toBe('""');
  });

  it('can be typed back, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), bytes => {
        fc.pre(!(bytes[0] === 0x22 && bytes.at(-1) === 0x22 && quotePath(bytes)[0] !== '"'));
        expect(Buffer.from(unquotePath(quotePath(bytes)))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
