import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  logKey,
  metaKey,
  revKey,
  type DriverRecord,
  type RecordKey,
  type ScanRange,
  type StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failReads, heal } from './faulty-level.js';
import { temporaryDirectory } from './raw-database.js';
import { openDriver } from './store-fixture.js';

const SMALL = { writeBufferBytes: 64 * 1024 };
const UNCHECKED = { ...SMALL, openCheckBytesMax: 0 };
const RECORDS = 3_000;

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function idOf(i: number): string {
  return `${['plain', 'ünï', '\u{1f600}', '\uffee', 'x'.repeat(60)][i % 5]}-${(i * 7919) % RECORDS}`;
}

// Of bytes that do not compress, so that there is more than one table.
function valueOf(i: number): Uint8Array {
  return createHash('shake256', { outputLength: 900 }).update(String(i)).digest();
}

/** A store of many tables: heads, revisions of one block, and log entries. */
async function makeStore(): Promise<void> {
  const driver = await openDriver(directory, {}, SMALL);
  for (let i = 0; i < RECORDS; i += 50) {
    const batch = Array.from({ length: 50 }, (_, j) => i + j);
    await driver.write(
      batch.flatMap(n => [
        { key: metaKey(idOf(n)), value: valueOf(n) },
        { key: revKey('block', n + 1), value: valueOf(n) },
        { key: logKey(n + 1), value: valueOf(n) },
      ]),
    );
  }
  await driver.close(Uint8Array.of(1));
  expect((await readdir(directory)).filter(name => name.endsWith('.ldb')).length).toBeGreaterThan(3);
}

async function scanAll(
  driver: StoreDriver,
  range: Omit<ScanRange, 'limit' | 'after'>,
  limit: number,
): Promise<DriverRecord[]> {
  const all: DriverRecord[] = [];
  let after: RecordKey | undefined;
  for (;;) {
    const { records, done } = await driver.scan({ ...range, limit, ...(after && { after }) });
    expect(records.length).toBeLessThanOrEqual(limit);
    if (!done) expect(records).not.toHaveLength(0);
    all.push(...records);
    if (done) return all;
    after = records.at(-1)?.key;
  }
}

describe('reading tables that were not checked at the opening', () => {
  it('gives every record, in order, in both directions, whatever the pages', async () => {
    await makeStore();
    for (const limit of [7, 500, 100_000]) {
      const driver = await openDriver(directory, {}, UNCHECKED);
      for (const reverse of [false, true]) {
        for (const range of [{ kind: 'log' }, { kind: 'rev', blockId: 'block' }] as const) {
          const found = await scanAll(driver, { ...range, reverse, from: 5, to: RECORDS - 5 }, limit);
          const numbers = found.map(({ key }) => (key.kind === 'log' ? key.seq : key.kind === 'rev' ? key.rev : 0));
          const expected = Array.from({ length: RECORDS - 9 }, (_, i) => i + 5);
          expect(numbers).toEqual(reverse ? expected.reverse() : expected);
          const [first] = found;
          expect(first?.value).toEqual(Buffer.from(valueOf((numbers[0] ?? 0) - 1)));
        }
      }
      const heads = await scanAll(driver, { kind: 'meta', keysOnly: true }, limit);
      expect(new Set(heads.map(({ key }) => key.encoded)).size).toBe(RECORDS);
      await driver.close(undefined);
    }
  });

  it('gives every record one by one, and several as one', async () => {
    await makeStore();
    const driver = await openDriver(directory, {}, UNCHECKED);
    for (let i = 0; i < RECORDS; i += 11) expect(driver.get(metaKey(idOf(i)))).toEqual(Buffer.from(valueOf(i)));
    expect(driver.get(metaKey('nobody'))).toBeUndefined();
    const many = await driver.getMany(Array.from({ length: 400 }, (_, i) => logKey(i + RECORDS - 200)));
    expect(many.map(value => value !== undefined)).toEqual(Array.from({ length: 400 }, (_, i) => i <= 200));
    await driver.close(undefined);
  });

  it('answers exactly what is whole, and with an error what is not, wherever a table is damaged (INV-6)', async () => {
    await makeStore();
    const tables = (await readdir(directory)).filter(name => name.endsWith('.ldb'));
    let errors = 0;
    for (const name of tables) {
      const path = join(directory, name);
      const bytes = await readFile(path);
      for (const place of [0.3, 0.999]) {
        const damaged = new Uint8Array(bytes);
        const at = Math.floor((await stat(path)).size * place);
        damaged[at] = (damaged[at] ?? 0) ^ 4;
        await writeFile(path, damaged);
        const copy = join(directory, '..', `${directory.split('/').at(-1)}-copy`);
        await rm(copy, { recursive: true, force: true });
        await cp(directory, copy, { recursive: true });
        const driver = await openDriver(copy, {}, UNCHECKED);
        for (let i = 0; i < RECORDS; i += 97) {
          try {
            expect(driver.get(logKey(i + 1))).toEqual(Buffer.from(valueOf(i)));
          } catch (error) {
            expect(error).toMatchObject({ code: 'corrupt-record' });
            errors++;
          }
        }
        await driver.close(undefined);
        await rm(copy, { recursive: true });
      }
      await writeFile(path, bytes);
    }
    expect(errors).toBeGreaterThan(0);
  });
});

describe('a record that is nowhere', () => {
  it('is told to be absent without a question to LevelDB, in a new store and in one that was opened again', async () => {
    await makeStore();
    const fresh = await temporaryDirectory();
    for (const path of [fresh, directory]) {
      const driver = await openDriver(path, {}, SMALL);
      await driver.write([{ key: metaKey('there'), value: valueOf(1) }]);
      failReads(path);
      expect(driver.get(metaKey('nobody'))).toBeUndefined();
      expect(await driver.getMany([metaKey('nobody'), metaKey('no one')])).toEqual([undefined, undefined]);
      expect(() => driver.get(metaKey('there'))).toThrow(expect.objectContaining({ code: 'storage-io' }));
      heal(path);
      const keys = [metaKey('nobody'), metaKey('there'), metaKey('no one')];
      expect(await driver.getMany(keys)).toEqual([undefined, Buffer.from(valueOf(1)), undefined]);
      await driver.close(undefined);
    }
    await rm(fresh, { recursive: true });
  });

  it('is told of as damaged, not as absent, where damage is known, though no filter of a table holds it (INV-6)', async () => {
    const options = { compression: false, openCheckBytesMax: 0 };
    const idIn = (letter: string, i: number) => metaKey(`${letter}${String(i).padStart(4, '0')}`);
    for (const letter of ['a', 'b', 'c']) {
      const driver = await openDriver(directory, {}, options);
      const value = new Uint8Array(500);
      await driver.write(Array.from({ length: 100 }, (_, i) => ({ key: idIn(letter, i), value })));
      await driver.close(undefined);
    }
    await (await openDriver(directory, {}, options)).close(undefined);
    const [first = '', second = ''] = (await readdir(directory)).filter(name => name.endsWith('.ldb')).sort();
    const [one, other] = [await readFile(join(directory, first)), await readFile(join(directory, second))];
    expect(one.length).toBe(other.length);
    await writeFile(join(directory, first), other);
    await writeFile(join(directory, second), one);
    const driver = await openDriver(directory, {}, options);
    await driver.inspect?.();
    expect(() => driver.get(idIn('a', 5))).toThrow(expect.objectContaining({ code: 'corrupt-record' }));
    expect(() => driver.getMany([idIn('a', 5), idIn('z', 1)])).toThrow(
      expect.objectContaining({ code: 'corrupt-record' }),
    );
    await driver.close(undefined);
  });
});
