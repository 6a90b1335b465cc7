import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { metaKey, revKey, trxKey, type RecordKey } from '@blockstrata/db-p2p/storage';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TableIndexes } from '../../src/engine-files/table-indexes.js';
import { openEngine, type Engine } from '../../src/engine.js';
import { MembershipFilter, RECENT_FILTERS_MAX } from '../../src/membership/membership-filter.js';
import { resolveLevelDBOptions } from '../../src/options.js';
import { temporaryDirectory } from '../raw-database.js';

// So that LevelDB makes tables all the time, and filters are full after a few batches.
const OPTIONS = resolveLevelDBOptions({ writeBufferBytes: 64 * 1024 });
const FILTER_KEYS_MAX = 40;

let directory: string;
let engine: Engine;
let filter: MembershipFilter;

async function open(filterKeysMax = FILTER_KEYS_MAX): Promise<void> {
  engine = await openEngine(directory, directory, OPTIONS);
  const opened = await MembershipFilter.open(directory, new TableIndexes(directory), filterKeysMax);
  if (opened === undefined) throw new TypeError('it cannot be told what the tables hold');
  filter = opened;
}

async function close(): Promise<void> {
  await filter.close();
  await engine.close();
}

async function write(keys: readonly RecordKey[], valueBytes: number): Promise<void> {
  const batch = engine.batch();
  for (const key of keys) {
    filter.add(key);
    batch.put(key.encoded, new Uint8Array(valueBytes).fill(key.encoded.length));
  }
  await batch.write();
  filter.settle();
}

/** Opens a database that has 30 keys in tables. */
async function openWithTables(): Promise<void> {
  await open();
  await write(
    Array.from({ length: 30 }, (_, i) => keyOf(i)),
    3000,
  );
  await close();
  await open();
}

/** Of what was never written; a Bloom filter lets one in a hundred through, and there are several for each table. */
function expectMostDenied(): void {
  const others = Array.from({ length: 500 }, (_, i) => metaKey(`nobody-${i}`));
  expect(others.filter(key => filter.mayHold(key)).length).toBeLessThan(250);
}

const keyOf = (i: number) => (i % 2 === 0 ? metaKey(`block-${i}`) : trxKey('trx', `blöck-${i % 7}`, `trx-${i}`));

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('the filter of what LevelDB holds', () => {
  it('denies nothing that was ever written, through flushes, merges and openings, and most of what was not (INV-6)', async () => {
    const step = fc.oneof(
      {
        weight: 20,
        arbitrary: fc.record({ keys: fc.integer({ min: 1, max: 30 }), bytes: fc.integer({ min: 0, max: 4000 }) }),
      },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
      { weight: 1, arbitrary: fc.constant('merge' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async steps => {
        await open();
        try {
          const written: RecordKey[] = [];
          for (const taken of steps) {
            if (taken === 'reopen') {
              await close();
              await open();
            } else if (taken === 'merge') await engine.compactRange('', '\u{10ffff}');
            else {
              // Some of them again, so that several tables hold versions of one key.
              const keys = Array.from({ length: taken.keys }, (_, i) =>
                i % 3 === 2 ? keyOf(taken.bytes % (written.length + 1)) : keyOf(written.length + i),
              );
              await write(keys, taken.bytes);
              written.push(...keys);
            }
            expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
          }
          await close();
          await open();
          expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
          expectMostDenied();
        } finally {
          await close();
          await rm(directory, { recursive: true });
        }
      }),
      { numRuns: 15 },
    );
    directory = await temporaryDirectory();
  });

  it('goes on telling, however much is written: tables take the place of filters that are full', async () => {
    await open();
    for (let i = 0; i < 4 * RECENT_FILTERS_MAX * FILTER_KEYS_MAX; i += 20) {
      await write(
        Array.from({ length: 20 }, (_, j) => keyOf(i + j)),
        3000,
      );
      // The tables are read between two batches, as a store would have it where the disk takes its time.
      await filter.close();
    }
    expectMostDenied();
    await close();
  });

  it('denies nothing while nothing is flushed, however much is written, and tells again afterwards', async () => {
    await open(1);
    const written = Array.from({ length: 40 * RECENT_FILTERS_MAX }, (_, i) => keyOf(i));
    for (const key of written) await write([key], 1);
    expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
    // First what was full goes, then the one that took all the rest.
    for (let i = 0; i < 3; i++) {
      await engine.compactRange('', '\u{10ffff}');
      await write([keyOf(written.length)], 1);
      await filter.close();
      expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
    }
    expectMostDenied();
    await close();
  });

  it('denies nothing that was written while files could not be read, and tells again afterwards (INV-6)', async () => {
    await open(4);
    const current = join(directory, 'CURRENT');
    await rename(current, `${current}.away`);
    const written = Array.from({ length: 8 * RECENT_FILTERS_MAX }, (_, i) => keyOf(i));
    for (const key of written) await write([key], 1);
    await filter.close();
    await rename(`${current}.away`, current);
    await engine.compactRange('', '\u{10ffff}');
    // Whatever is written while the next try is under way counts as well.
    for (let i = 0; i < 40; i++) {
      written.push(keyOf(written.length));
      await write(written.slice(-1), 1);
      expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
    }
    await filter.close();
    expect(written.filter(key => !filter.mayHold(key))).toEqual([]);
    expectMostDenied();
    await close();
  });

  it('tells again of tables that were merged away before they were asked about', async () => {
    await openWithTables();
    await engine.put(keyOf(0).encoded, new Uint8Array(1));
    await engine.compactRange('', '\u{10ffff}');
    expect(filter.mayHold(metaKey('block-01'))).toBe(true);
    await filter.close();
    expect(filter.mayHold(metaKey('block-01'))).toBe(false);
    expect(filter.mayHold(keyOf(2))).toBe(true);
    await close();
  });

  it('denies nothing of a table that it cannot read, and nothing of other kinds of record', async () => {
    await openWithTables();
    expect(filter.mayHold(metaKey('block-01'))).toBe(false);
    expect(filter.mayHold(revKey('nobody', 1))).toBe(true);
    await close();
    await open();
    const tables = (await readdir(directory)).filter(name => name.endsWith('.ldb'));
    for (const name of tables) await rename(join(directory, name), join(directory, `${name}.away`));
    expect(filter.mayHold(metaKey('block-01'))).toBe(true);
    for (const name of tables) await rename(join(directory, `${name}.away`), join(directory, name));
    await close();
  });

  it('is not made where a log holds what is in no table', async () => {
    await open();
    await write([keyOf(0)], 10);
    expect(await MembershipFilter.open(directory, new TableIndexes(directory))).toBeUndefined();
    await close();
  });
});
