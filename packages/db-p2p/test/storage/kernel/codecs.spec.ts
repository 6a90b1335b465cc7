import { contentEquals, CorruptRecordError } from '@blockstrata/db-core';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cborCodec } from '../../../src/storage/kernel/cbor-codec.js';
import { jsonCodec } from '../../../src/storage/kernel/json-codec.js';
import { logKey, metaKey, revKey, trxKey, type RecordKey } from '../../../src/storage/index.js';

const KEYS: readonly (readonly [string, RecordKey])[] = [
  ['the head of block "a"', metaKey('a')],
  ['revision 7 of block "a"', revKey('a', 7)],
  ['commit log entry 3', logKey(3)],
  ['pending transaction "t" of block "a"', trxKey('pend', 'a', 't')],
  ['transaction "t" of block "a"', trxKey('trx', 'a', 't')],
  ['the copy by transaction "t" of block "a"', trxKey('block', 'a', 't')],
];
const record = { text: 'a "quoted" text', n: 1, list: [1, [2]], bytes: Uint8Array.of(0, 1, 255), none: null };

/** What a codec refuses bytes with. */
function errorOf(unseal: () => unknown): unknown {
  try {
    return unseal();
  } catch (error) {
    return error;
  }
}

/** Why a codec refuses bytes; a record that it takes instead is told as well. */
function refusal(unseal: () => unknown): string {
  try {
    return `it reads ${JSON.stringify(unseal())}`;
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptRecordError);
    return (error as CorruptRecordError).message;
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

describe.each([
  ['JSON', jsonCodec],
  ['CBOR', cborCodec],
] as const)('a record in %s', (_name, codec) => {
  it('comes back as it was, under each kind of key', () => {
    for (const [, key] of KEYS) expect(contentEquals(codec.unseal(key, codec.seal(key, record)), record)).toBe(true);
  });

  it('is refused where its checksum does not match, and the error names the record (INV-6)', () => {
    for (const [name, key] of KEYS) {
      const sealed = codec.seal(key, { n: 1, text: 'one' });
      const at = sealed.lastIndexOf('o'.charCodeAt(0));
      const why = refusal(() => codec.unseal(key, sealed.with(at, 'O'.charCodeAt(0))));
      expect(why).toContain(name);
      expect(why).toContain('its checksum does not match its key and content');
    }
  });

  it('is refused under another key', () => {
    const sealed = codec.seal(metaKey('a'), record);
    for (const [, key] of KEYS.slice(1)) expect(refusal(() => codec.unseal(key, sealed))).not.toContain('it reads');
    expect(refusal(() => codec.unseal(metaKey('b'), sealed))).not.toContain('it reads');
  });

  it('is refused at every length but its own', () => {
    const sealed = codec.seal(metaKey('a'), record);
    for (let length = 0; length < sealed.length; length++) {
      expect(refusal(() => codec.unseal(metaKey('a'), sealed.subarray(0, length)))).not.toContain('it reads');
    }
  });
});

describe('a record in JSON', () => {
  const key = revKey('a', 7);
  const sealed = text(jsonCodec.seal(key, { n: 1 }));

  /** A text around a value whose checksum is right. */
  const around = (value: string) => {
    const crc = crc32(value, crc32(key.encoded)).toString(16).padStart(8, '0');
    return bytes(sealed.replace(/"crc32":.*/, `"crc32":"${crc}","value":${value}}`));
  };

  it('can be read by people, with a newline at its end or without one', () => {
    expect(JSON.parse(sealed)).toEqual({
      key: { kind: 'rev', blockId: 'a', rev: 7 },
      crc32: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      value: { n: 1 },
    });
    expect(jsonCodec.unseal(key, bytes(`${sealed}\n`))).toEqual({ n: 1 });
    expect(refusal(() => jsonCodec.unseal(key, bytes(`${sealed}\n\n`)))).toContain('it is cut off');
  });

  it('has a checksum of eight digits, whatever its number is', () => {
    const small = Array.from({ length: 400 }, (_, n) => text(jsonCodec.seal(key, { n })));
    const digits = small.map(each => /"crc32":"([^"]*)"/.exec(each)?.[1] ?? '');
    expect(digits.some(each => each.startsWith('0'))).toBe(true);
    expect(digits.every(each => each.length === 8)).toBe(true);
    for (const [n, each] of small.entries()) expect(jsonCodec.unseal(key, bytes(each))).toEqual({ n });
  });

  it('is refused for what is wrong with it, one thing after the other', () => {
    const why = (content: Uint8Array) => refusal(() => jsonCodec.unseal(key, content));
    expect(why(Uint8Array.of(0xff))).toContain('it is no UTF-8');
    expect(why(bytes('{}'))).toContain('it holds another record, or none');
    expect(why(bytes(sealed.replace('","value":', '","valve":')))).toContain('it is cut off');
    expect(why(bytes(sealed.replace(/\}$/, ']')))).toContain('it is cut off');
    expect(why(bytes(sealed.replace(/"crc32":"./, '"crc32":"x')))).toContain('its checksum does not match');
    expect(why(around('{"n":'))).toContain('it is no JSON');
    expect(jsonCodec.unseal(key, around('{"n":2}'))).toEqual({ n: 2 });
  });

  it('is refused with what the platform said of it, where that said something', () => {
    const error = (content: Uint8Array) => errorOf(() => jsonCodec.unseal(key, content));
    expect(error(Uint8Array.of(0xff))).toHaveProperty('cause', expect.any(TypeError));
    expect(error(around('{"n":'))).toHaveProperty('cause', expect.any(SyntaxError));
    expect(error(bytes('{}'))).not.toHaveProperty('cause');
  });

  it('keeps a byte order mark', () => {
    expect(jsonCodec.unseal(key, jsonCodec.seal(key, { text: '\ufefftext' }))).toEqual({ text: '\ufefftext' });
    expect(refusal(() => jsonCodec.unseal(key, bytes(`\ufeff${sealed}`)))).toContain('it holds another record');
  });

  it('marks its bytes as DAG-JSON does, at any depth', () => {
    const deep = { list: [{ bytes: Uint8Array.of(1, 2) }, [Uint8Array.of()]], text: 'no bytes', none: null };
    const sealedDeep = jsonCodec.seal(key, deep);
    expect(text(sealedDeep)).toContain('{"/":{"bytes":"AQI');
    expect(jsonCodec.unseal(key, sealedDeep)).toEqual(deep);
  });
});

describe('a record in CBOR', () => {
  const key = revKey('a', 7);

  it('begins with format 1 and no flags, its checksum and its content behind', () => {
    const sealed = cborCodec.seal(key, { n: 1 });
    expect([...sealed.subarray(0, 2)]).toEqual([1, 0]);
    const payload = sealed.subarray(6);
    expect(Buffer.from(sealed).readUInt32LE(2)).toBe(crc32(payload, crc32(key.encoded)));
    expect(Buffer.from(payload).toString('hex')).toBe('a1616e01');
  });

  it('is refused for what is wrong with it, one thing after the other', () => {
    const sealed = cborCodec.seal(key, { n: 1 });
    const why = (content: Uint8Array) => refusal(() => cborCodec.unseal(key, content));
    expect(why(sealed.subarray(0, 6))).toContain('it is cut off');
    expect(why(sealed.with(0, 2))).toContain('its format (2, 0) is unknown');
    expect(why(sealed.with(1, 1))).toContain('its format (1, 1) is unknown');
    for (const at of [2, 3, 4, 5, 6, 9]) {
      expect(why(sealed.with(at, (sealed[at] ?? 0) ^ 1))).toContain('its checksum does not match');
    }
    const payload = Uint8Array.of(0x82, 1);
    const frame = Buffer.concat([Uint8Array.of(1, 0, 0, 0, 0, 0), payload]);
    frame.writeUInt32LE(crc32(payload, crc32(key.encoded)), 2);
    expect(why(frame)).toContain('it is no CBOR');
  });

  it('is the same whether its transform was encoded a moment ago or not, and with many fields beside it', () => {
    const insert = Object.freeze({ header: Object.freeze({ id: 'a', type: 't', collectionId: 'a' }), list: EMPTY });
    const updates = Object.freeze([Object.freeze(['list', 0, 0, Object.freeze([1])])]);
    for (const fields of [0, 1, 21, 22, 23, 24, 300]) {
      const rest = Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field${i}`, i]));
      for (const transform of [
        Object.freeze({ insert }),
        Object.freeze({ insert, updates }),
        Object.freeze({ updates }),
      ]) {
        const fresh = cborCodec.seal(trxKey('trx', 'a', 't'), { ...rest, transform: structuredClone(transform) });
        cborCodec.seal(trxKey('pend', 'a', 't'), { time: 1, transform });
        const known = cborCodec.seal(trxKey('trx', 'a', 't'), { ...rest, transform });
        expect(Buffer.from(known).equals(fresh), `${fields} fields`).toBe(true);
      }
    }
  });
});

const EMPTY: readonly unknown[] = Object.freeze([]);
