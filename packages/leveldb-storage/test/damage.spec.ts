import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockstrataError } from '@blockstrata/db-core';
import { metaKey, type StoreDriver } from '@blockstrata/db-p2p/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LevelDBDriver, type LevelDBOptions } from '../src/index.js';
import { temporaryDirectory } from './raw-database.js';
import { contentsOf, openDriver, opening, putRecord, valueOf } from './store-fixture.js';

const RECORDS = 40;

// How many places of a file are damaged in turn.
const PLACES = 120;

let root: string;
let whole: string;
let directory: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  whole = join(root, 'whole');
  directory = join(root, 'damaged');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

/** Each record twice, so that an old version is there to be mistaken for the new one; `inTable`: moved out of the log. */
async function makeStore(inTable: boolean, options?: LevelDBOptions): Promise<void> {
  let driver = await openDriver(whole, {}, options);
  for (const version of [0, 1]) for (let i = 0; i < RECORDS; i++) await putRecord(driver, i, version);
  await driver.close(Uint8Array.of(1));
  if (!inTable) return;
  driver = await openDriver(whole, {}, options);
  await driver.close(Uint8Array.of(1));
}

async function damagedCopy(name: string, damage: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await cp(whole, directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, damage(await readFile(path)));
}

function flip(offset: number): (bytes: Uint8Array) => Uint8Array {
  return bytes => {
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << (offset % 8));
    return bytes;
  };
}

async function fileNamed(pattern: RegExp): Promise<string> {
  return (await readdir(whole)).find(name => pattern.test(name)) ?? '';
}

type Outcome = 'refused' | 'exact' | 'typed-errors';

/** Opens the copy and reads all of it: everything is exact, or is an error that says so (INV-6). */
async function readAll(options?: LevelDBOptions): Promise<Outcome> {
  const before = await contentsOf(directory);
  let driver: StoreDriver;
  try {
    driver = await openDriver(directory, { create: false }, options);
  } catch (error) {
    expect(error).toMatchObject({ code: 'corrupt-record' });
    expect(await contentsOf(directory)).toEqual(before);
    return 'refused';
  }
  try {
    let outcome: Outcome = 'exact';
    for (let i = 0; i < RECORDS; i++) {
      try {
        expect(await driver.get(metaKey(`block-${i}`))).toEqual(Buffer.from(valueOf(i, 1)));
      } catch (error) {
        if (!(error instanceof BlockstrataError)) throw error;
        outcome = 'typed-errors';
      }
    }
    return outcome;
  } finally {
    await driver.close(undefined);
  }
}

describe('a damaged table', () => {
  for (const compression of [true, false]) {
    it(`refuses the store and leaves it untouched, wherever it is damaged (compression: ${compression})`, async () => {
      await makeStore(true, { compression });
      const table = await fileNamed(/\.ldb$/);
      const { length } = await readFile(join(whole, table));
      const step = Math.ceil(length / PLACES);
      let refused = 0;
      for (let offset = 0; offset < length; offset += step) {
        await damagedCopy(table, flip(offset));
        const outcome = await readAll();
        expect(outcome, `byte ${offset}`).not.toBe('typed-errors');
        if (outcome === 'refused') refused++;
      }
      // What is left are the paddings of the footer.
      expect(refused).toBeGreaterThan(PLACES * 0.9);
    });
  }

  it('is found before it is read when opening does not look', async () => {
    await makeStore(true);
    const table = await fileNamed(/\.ldb$/);
    const { length } = await readFile(join(whole, table));
    const outcomes = new Set<Outcome>();
    for (let offset = 0; offset < length; offset += Math.ceil(length / PLACES)) {
      await damagedCopy(table, flip(offset));
      outcomes.add(await readAll({ openCheckBytesMax: 0 }));
    }
    expect(outcomes).not.toContain('refused');
    expect(outcomes).toContain('typed-errors');
  });

  it('that is missing or cut short refuses the store', async () => {
    await makeStore(true);
    const table = await fileNamed(/\.ldb$/);
    await damagedCopy(table, bytes => bytes.subarray(0, -1));
    expect(await readAll()).toBe('refused');
    await rm(join(directory, table));
    expect(await readAll()).toBe('refused');
  });

  it('that was swapped for another refuses the store', async () => {
    await makeStore(true);
    const table = await fileNamed(/\.ldb$/);
    await rm(join(root, 'other'), { recursive: true, force: true });
    let driver = await openDriver(join(root, 'other'));
    for (const version of [0, 1]) {
      for (let i = 0; i < RECORDS; i++)
        await driver.write([{ key: metaKey(`other-${i}`), value: valueOf(i, version) }]);
    }
    await driver.close(undefined);
    driver = await openDriver(join(root, 'other'));
    await driver.close(undefined);
    const other = await readFile(join(root, 'other', table));
    await damagedCopy(table, () => other);
    expect(await readAll()).toBe('refused');
  });
});

describe('a damaged log', () => {
  it('of a store that was closed refuses the store at every byte, the last ones too (INV-6)', async () => {
    await makeStore(false);
    const log = await fileNamed(/\.log$/);
    const { length } = await readFile(join(whole, log));
    for (let offset = length - 200; offset < length; offset++) {
      await damagedCopy(log, flip(offset));
      expect(await readAll(), `byte ${offset}`).toBe('refused');
      await damagedCopy(log, bytes => bytes.subarray(0, offset));
      expect(await readAll(), `cut at ${offset}`).toBe('refused');
    }
  });

  it('refuses the store when what was noted of it at the close cannot be read (INV-6)', async () => {
    await makeStore(false);
    for (const note of ['', '[]', '{"logs":7}', '{"logs":{"000003.log":"x"}}', '{"logs":{"../x":1}}']) {
      await damagedCopy('closed.json', () => Buffer.from(note));
      expect(await readAll(), note).toBe('refused');
    }
  });

  it('of a store that was not closed may have a torn end', async () => {
    const driver = await openDriver(whole);
    for (const version of [0, 1]) for (let i = 0; i < RECORDS; i++) await putRecord(driver, i, version);
    await driver.write([{ key: metaKey('last'), value: valueOf(0) }]);
    await driver.close(undefined);
    const log = await fileNamed(/\.log$/);
    await damagedCopy(log, bytes => bytes.subarray(0, -1));
    expect(await readAll()).toBe('exact');
  });
});

describe('a damaged manifest', () => {
  it('refuses the store, or is no loss, at every byte', async () => {
    await makeStore(true);
    const manifest = await fileNamed(/^MANIFEST/);
    const { length } = await readFile(join(whole, manifest));
    for (let offset = 0; offset < length; offset++) {
      await damagedCopy(manifest, flip(offset));
      expect(await readAll(), `byte ${offset}`).not.toBe('typed-errors');
    }
  });

  it('with a torn end is cut and used: what it said had not been acted on (INV-9)', async () => {
    await makeStore(true);
    const manifest = await fileNamed(/^MANIFEST/);
    const torn = [new Uint8Array(30), Uint8Array.of(1, 2, 3), Uint8Array.of(9, 9, 9, 9, 4, 0, 1, 1, 2, 3, 4)];
    for (const tail of torn) {
      await damagedCopy(manifest, bytes => Buffer.concat([bytes, tail]));
      expect(await readAll()).toBe('exact');
    }
  });

  it('that CURRENT does not name any more, or not yet, is found when the named one is gone (INV-9)', async () => {
    await makeStore(true);
    await damagedCopy('CURRENT', () => Buffer.from('MANIFEST-000001\n'));
    expect(await readAll()).toBe('exact');
  });

  it('that CURRENT does not name yet counts before the one that it names, whose later logs may be gone (INV-1, INV-9)', async () => {
    let driver = await openDriver(whole);
    for (let i = 0; i < RECORDS; i++) await putRecord(driver, i, 0);
    // As if LevelDB had begun another log here.
    const log = await fileNamed(/\.log$/);
    const left = [[log, await readFile(join(whole, log))] as const];
    for (let i = 0; i < RECORDS; i++) await putRecord(driver, i, 1);
    await driver.close(Uint8Array.of(1));
    for (const name of ['CURRENT', await fileNamed(/^MANIFEST/)]) left.push([name, await readFile(join(whole, name))]);
    driver = await openDriver(whole);
    await driver.close(Uint8Array.of(1));
    // The rename of CURRENT was lost, and of what was removed after it some came back.
    await cp(whole, directory, { recursive: true });
    for (const [name, bytes] of left) await writeFile(join(directory, name), bytes);
    expect(await readAll()).toBe('exact');
  });

  it('that is missing, like a CURRENT that is missing or damaged, refuses the store', async () => {
    await makeStore(true);
    const manifest = await fileNamed(/^MANIFEST/);
    for (const text of ['', 'MANIFEST-', 'MANIFEST-000099', '../MANIFEST-000004\n']) {
      await damagedCopy('CURRENT', () => Buffer.from(text));
      expect(await readAll(), JSON.stringify(text)).toBe('refused');
    }
    await rm(join(directory, 'CURRENT'));
    expect(await readAll()).toBe('refused');
    await damagedCopy(manifest, bytes => bytes);
    await rm(join(directory, manifest));
    expect(await readAll()).toBe('refused');
  });
});

describe('salvaging', () => {
  async function salvaged(): Promise<{ losses: readonly { record: string }[]; held: number[] }> {
    const losses: { record: string }[] = [];
    const driver: StoreDriver = new LevelDBDriver(directory);
    losses.push(...(await driver.open(opening({ create: false, salvage: true }))).losses);
    const held = [];
    for (let i = 0; i < RECORDS; i++) {
      const value = await driver.get(metaKey(`block-${i}`));
      // A record is there in its newest version, or it is gone; or only an older version was left of it.
      if (value !== undefined && Buffer.compare(value, valueOf(i, 1)) === 0) held.push(i);
    }
    await driver.close(undefined);
    // What was given up once is not missed again.
    await (await openDriver(directory, { create: false })).close(undefined);
    return { losses, held };
  }

  it('a log loses the damaged batch alone, and keeps the file aside', async () => {
    await makeStore(false);
    const log = await fileNamed(/\.log$/);
    const { length } = await readFile(join(whole, log));
    await damagedCopy(log, flip(length - 250));
    expect(await readAll()).toBe('refused');
    const { losses, held } = await salvaged();
    expect(losses).toHaveLength(1);
    expect(losses[0]?.record).toMatch(/^\d+\.log at byte \d+$/);
    expect(held).toHaveLength(RECORDS - 1);
    expect(await readdir(join(directory, 'lost'))).toEqual([log]);
  });

  it('a table is taken out of the manifest, and kept aside', async () => {
    await makeStore(true);
    const driver = await openDriver(whole);
    for (let i = 0; i < 10; i++) await putRecord(driver, i, 1);
    await driver.close(undefined);
    const table = await fileNamed(/\.ldb$/);
    await damagedCopy(table, flip(50));
    expect(await readAll()).toBe('refused');
    const { losses, held } = await salvaged();
    expect(losses).toHaveLength(1);
    expect(held).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await readdir(join(directory, 'lost'))).toEqual([table]);
  });

  it('a table that is missing is taken out of the manifest', async () => {
    await makeStore(true);
    const table = await fileNamed(/\.ldb$/);
    await damagedCopy(table, bytes => bytes);
    await rm(join(directory, table));
    expect((await salvaged()).losses).toHaveLength(1);
  });

  it('a manifest that is lost is rebuilt of the tables, without those that are damaged', async () => {
    await makeStore(true);
    const manifest = await fileNamed(/^MANIFEST/);
    await damagedCopy(manifest, () => new Uint8Array());
    const rebuilt = await salvaged();
    expect(rebuilt.losses).toMatchObject([{ record: manifest }]);
    expect(rebuilt.held).toHaveLength(RECORDS);
    await damagedCopy(manifest, () => new Uint8Array());
    await truncate(join(directory, await fileNamed(/\.ldb$/)), 100);
    expect((await salvaged()).losses).toHaveLength(2);
  });

  it('a CURRENT that is lost is made anew', async () => {
    await makeStore(true);
    await damagedCopy('CURRENT', bytes => bytes);
    await rm(join(directory, 'CURRENT'));
    expect((await salvaged()).held).toHaveLength(RECORDS);
  });
});
