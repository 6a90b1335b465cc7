import { CorruptRecordError, StoreFormatError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { decodeHeader, encodeHeader, FORMAT_VERSION } from '../../../src/storage/kernel/header.js';

const header = { version: FORMAT_VERSION, storeId: 'id', epoch: 3 };

function sealed(fields: object): Uint8Array {
  const text = JSON.stringify(fields);
  return new TextEncoder().encode(`{"header":${text},"crc32":${crc32(text)}}\n`);
}

describe('the header of a store', () => {
  it('comes back as it was', () => {
    expect(decodeHeader('store', encodeHeader(header))).toMatchObject(header);
  });

  it.each([
    ['is one of another kind of store', { ...header, format: 'other' }, 'no store of this kind'],
    ['is newer than this program', { ...header, format: 'blockstrata', version: FORMAT_VERSION + 1 }, 'update it'],
    ['is of no version', { format: 'blockstrata' }, 'format version NaN'],
  ])('is refused where it is whole, and %s', (_what, fields, problem) => {
    expect(() => decodeHeader('store', sealed(fields))).toThrow(StoreFormatError);
    expect(() => decodeHeader('store', sealed(fields))).toThrow(problem);
  });

  it('is damaged where its checksum does not fit (INV-6)', () => {
    const bytes = encodeHeader(header);
    const at = bytes.indexOf('3'.charCodeAt(0));
    expect(() => decodeHeader('store', bytes.with(at, '4'.charCodeAt(0)))).toThrow(CorruptRecordError);
  });
});
