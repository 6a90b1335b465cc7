import { CorruptRecordError } from '@blockstrata/db-core';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { decodeRecord, decodeWrites, encodeRecord } from '../../src/journal/journal-record.js';
import { segmentName } from '../../src/journal/segment-name.js';
import { put, removed } from '../driver-bench.js';

const PLACE = { segment: segmentName({ epoch: 3, index: 12 }), position: 0 };
const STAMP = { epoch: 3, seq: 7, durableSeq: 6, appliedSeq: 5 };
const WRITES = [put(metaKey('a'), 'one'), removed(metaKey('b'))];

describe('a record of the journal', () => {
  it('has the bytes that stores on disk have had from the beginning', () => {
    const bytes = Buffer.from(encodeRecord(PLACE, STAMP, WRITES));
    expect(bytes.toString('hex').match(/.{1,16}/g)).toEqual([
      'ffb54afeca207c08',
      '1900000002000000',
      '0000000000000840',
      '0000000000001c40',
      '0000000000001840',
      '0000000000001440',
      '0300000003000000',
      '6d01616f6e650300',
      '0000ffffffff6d01',
      '62',
    ]);
    expect(PLACE.segment).toBe('0000000000000003-0000000000000012.journal');
  });

  it('is read back as it was written', () => {
    const bytes = Buffer.from(encodeRecord(PLACE, STAMP, WRITES));
    const record = decodeRecord(bytes, PLACE);
    expect(record).toMatchObject({ ...STAMP, end: bytes.length });
    expect([...decodeWrites(record?.payload ?? new Uint8Array())]).toEqual(WRITES);
    expect(decodeRecord(Buffer.from(encodeRecord(PLACE, STAMP, [])), PLACE)).toMatchObject({
      ...STAMP,
      payload: undefined,
    });
  });

  it('is refused as corrupt where a batch names no record, or a value beyond its end', () => {
    const batch = (keyLength: number, valueLength: number, rest: string) => {
      const payload = Buffer.alloc(8 + rest.length, rest, 'utf8').fill(rest, 8);
      payload.writeUInt32LE(keyLength, 0);
      payload.writeUInt32LE(valueLength, 4);
      return payload;
    };
    const key = metaKey('a').encoded;
    expect([...decodeWrites(batch(key.length, 1, `${key}x`))]).toEqual([put(metaKey('a'), 'x')]);
    for (const payload of [batch(key.length, 2, `${key}x`), batch(3, 1, '???x')])
      expect(() => [...decodeWrites(payload)]).toThrow(CorruptRecordError);
  });
});
