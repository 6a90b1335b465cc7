import { CorruptRecordError, StoreFormatError } from '@blockstrata/db-core';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeHeader, encodeHeader } from '../../../src/storage/kernel/header.js';

const HEADER = { version: 1, storeId: 'id', epoch: 7 };
const CLEAN = { seq: 3, digest: 'ab', epoch: 7 };

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

/** A header that holds this, under a checksum that fits or another one. */
function sealed(fields: string, checksum = crc32(fields)): Uint8Array {
  return bytes(`{"header":${fields},"crc32":${checksum}}\n`);
}

describe('the header of a store', () => {
  it('is the line of JSON that it has been from the beginning', () => {
    const fields = '{"format":"blockstrata","version":1,"storeId":"id","epoch":7';
    expect(text(encodeHeader(HEADER))).toBe(text(sealed(`${fields}}`)));
    expect(text(encodeHeader({ ...HEADER, clean: CLEAN }))).toBe(
      text(sealed(`${fields},"clean":{"seq":3,"digest":"ab","epoch":7}}`)),
    );
    for (const header of [HEADER, { ...HEADER, clean: CLEAN }])
      expect(decodeHeader('s', encodeHeader(header))).toEqual({ format: 'blockstrata', ...header });
  });

  it('is refused as damaged where it is no text, no JSON, or its checksum does not match', () => {
    for (const damaged of [
      Uint8Array.of(0xff, ...encodeHeader(HEADER)),
      Uint8Array.of(...bytes('{"header":"'), 0xff, ...bytes('"}')),
      bytes('{"header":'),
      sealed('{"format":"blockstrata","version":1}', 1),
      sealed('{"format":"other","version":2}', 1),
      sealed('{"version":2}', 1),
    ])
      expect(() => decodeHeader('s', damaged)).toThrow(CorruptRecordError);
  });

  it('is refused as another format where it names one, or nothing of a header is there', () => {
    for (const [strange, problem] of [
      ['{}', 'no store of this kind'],
      ['[]', 'no store of this kind'],
      ['null', 'no store of this kind'],
      [text(sealed('{"format":"other","version":1}')), 'no store of this kind'],
      [text(sealed('null')), 'no store of this kind'],
      [text(sealed('{"format":"blockstrata","version":2}')), 'format version 2, and this program reads 1'],
      [text(sealed('{"format":"blockstrata","version":0}')), 'format version 0'],
      [text(sealed('{"format":"blockstrata"}')), 'format version NaN'],
      [text(sealed('{"format":"blockstrata","version":2}', 1)), 'format version 2, and this program reads 1'],
    ] as const) {
      const refused = expect(() => decodeHeader('s', bytes(strange)));
      refused.toThrow(StoreFormatError);
      refused.toThrow(problem);
    }
  });
});
