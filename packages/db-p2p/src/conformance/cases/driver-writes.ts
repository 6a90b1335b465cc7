import { InvalidRequestError } from '@blockstrata/db-core';
import { logKey, metaKey, revKey, trxKey, type RecordKey } from '../../storage/driver/record-key.js';
import type { DriverOpenOptions, StoreDriver } from '../../storage/driver/store-driver.js';
import { ok, rejects, rejectsWith, same } from '../assertions.js';
import { cases, type Workbench } from '../case.js';
import { del, driverOf, mixedRecords, put, scanAll } from '../driver-records.js';
import { beside, noise } from '../samples.js';

/** What a StoreDriver must do when it is written to, opened and closed. */
export const driverWriteCases = cases('driver: writes, opening and closing');

const NEEDS = ['driver'] as const;
const LASTING = ['driver', 'persistence'] as const;

driverWriteCases(
  'applies writes of one key in their order',
  async bench => {
    const driver = driverOf(await bench.open());
    const key = metaKey('a');
    await driver.write([put(key, 1), put(key, 2), put(key, 3)]);
    same(await driver.get(key), Uint8Array.of(3), 'put three times');
    await driver.write([put(key, 4), del(key)]);
    same(await driver.get(key), undefined, 'put, then deleted');
    await driver.write([del(key), put(key, 5)]);
    same(await driver.get(key), Uint8Array.of(5), 'deleted, then put');
    await driver.write([del(key), put(key, 6), del(key), put(key, 7), del(key)]);
    same(await driver.get(key), undefined, 'deleted last');
    same(await scanAll(driver, { kind: 'meta', limit: 9 }), [], 'what a scan finds of it');
  },
  NEEDS,
);

driverWriteCases(
  'deletes what is there, what is not, and nothing beside it',
  async bench => {
    const driver = driverOf(await bench.open());
    await driver.write([put(revKey('a', 1), 1), put(revKey('a', 2), 2), put(revKey('aa', 1), 3)]);
    await driver.write([del(revKey('a', 1)), del(revKey('none', 1)), del(logKey(9))]);
    same(
      await driver.getMany([revKey('a', 1), revKey('a', 2), revKey('aa', 1)]),
      [undefined, Uint8Array.of(2), Uint8Array.of(3)],
      'the values',
    );
  },
  NEEDS,
);

driverWriteCases(
  'shows readers all of a write or nothing of it, at any moment',
  async bench => {
    const driver = driverOf(await bench.open());
    const keys: RecordKey[] = [];
    for (let i = 0; i < 12; i++) keys.push(metaKey(`b${i}`), trxKey('block', `b${i}`, 't'), revKey('b', i + 1));
    await driver.write(keys.map(key => put(key, 0)));
    const writer = async () => {
      for (let version = 1; version <= 40; version++) {
        const gone = version % 5 === 0;
        await driver.write(keys.map(key => (gone ? del(key) : put(key, version))));
        const now = await driver.getMany(keys);
        const expected = keys.map(() => (gone ? undefined : Uint8Array.of(version)));
        same(now, expected, 'what is there when it resolves');
      }
    };
    const makeReader = () => {
      let last = 0;
      return async () => {
        const versions = new Set((await driver.getMany(keys)).map(value => value?.[0]));
        same(versions.size, 1, 'the versions that one read saw');
        const [version] = versions;
        ok(version === undefined || version >= last, 'a read went back in time');
        last = version ?? last;
      };
    };
    await beside(writer, makeReader(), makeReader());
  },
  NEEDS,
);

driverWriteCases(
  'shows a scan everything of a write that has resolved',
  async bench => {
    const driver = driverOf(await bench.open());
    const keys = Array.from({ length: 10 }, (_, i) => revKey('b', i + 1));
    for (let version = 1; version <= 30; version++) {
      const held = keys.slice(0, 1 + (version % 10));
      await driver.write(keys.map((key, i) => (i < held.length ? put(key, version) : del(key))));
      const found = await scanAll(driver, { kind: 'rev', blockId: 'b', limit: 4 });
      same(
        found,
        held.map(({ encoded }) => [encoded, Uint8Array.of(version)]),
        `version ${version}`,
      );
    }
  },
  NEEDS,
);

driverWriteCases(
  'writes two thousand records, and values of four mebibytes',
  async bench => {
    const driver = driverOf(await bench.open());
    await driver.write(Array.from({ length: 2_000 }, (_, i) => put(revKey(`b${i % 10}`, i + 1), i & 255, 1)));
    same(await driver.get(revKey('b9', 2_000)), Uint8Array.of(1_999 & 255, 1), 'the last record');
    same(
      (await scanAll(driver, { kind: 'rev', blockId: 'b3', limit: 60, keysOnly: true })).length,
      200,
      'those of one block',
    );
    const large = noise(4 << 20);
    await driver.write([{ key: trxKey('block', 'b', 't'), value: large }]);
    same(await driver.get(trxKey('block', 'b', 't')), large, 'the large value');
  },
  NEEDS,
);

driverWriteCases(
  'holds any bytes exactly: it never looks into a value',
  async bench => {
    const driver = driverOf(await bench.open());
    const values = [
      Uint8Array.of(0),
      Uint8Array.of(255),
      Uint8Array.from({ length: 256 }, (_, i) => i),
      new TextEncoder().encode('{"a":1}\n'),
    ];
    await driver.write(values.map((value, i) => ({ key: metaKey(`b${i}`), value })));
    same(await driver.getMany(values.map((_, i) => metaKey(`b${i}`))), values, 'the values');
  },
  NEEDS,
);

driverWriteCases(
  'finds all of it again when it is opened the next time',
  async bench => {
    let storage = await bench.open();
    const records = mixedRecords();
    await driverOf(storage).write([...records.values()].filter(({ key }) => key.kind !== 'log'));
    await driverOf(storage).write([del(metaKey('a')), del(revKey('a', 1)), put(metaKey('b'), 99)]);
    storage = await bench.reopen(storage);
    const driver = driverOf(storage);
    same(
      await driver.getMany([metaKey('a'), revKey('a', 1), metaKey('b')]),
      [undefined, undefined, Uint8Array.of(99)],
      'what was changed',
    );
    const [heads, revs] = await Promise.all(
      (['meta', 'rev'] as const).map(kind => scanAll(driver, { kind, limit: 50 })),
    );
    same([heads?.length, revs?.length], [8, 62], 'how many are left');
  },
  LASTING,
);

driverWriteCases(
  'holds all of a write or nothing of it when the engine fails in its midst',
  async bench => {
    let storage = await bench.open();
    const keys = Array.from({ length: 10 }, (_, i) => metaKey(`b${i}`));
    await driverOf(storage).write(keys.map(key => put(key, 1)));
    await bench.failNextWrite(storage);
    await rejects(
      () => driverOf(storage).write(keys.map(key => put(key, 2))),
      ['storage-io', 'quota-exceeded'],
      'the write',
    );
    storage = await bench.reopen(storage);
    const versions = new Set((await driverOf(storage).getMany(keys)).map(value => value?.[0]));
    same(versions.size, 1, 'the versions of the records of one write');
    ok(versions.has(1) || versions.has(2), 'records that were acknowledged before are gone');
  },
  ['driver', 'persistence', 'failing-writes'],
);

driverWriteCases(
  'gives admit the header that was stored last, and stores the one that it returns',
  async bench => {
    const driver = await closedDriver(bench);
    const seen: (Uint8Array | undefined)[] = [];
    const open = (next: number) =>
      driver.open(opening(header => (seen.push(header), { bytes: Uint8Array.of(next), epoch: next })));
    await open(5);
    await driver.close(undefined);
    await open(6);
    await driver.close(Uint8Array.of(7));
    await open(8);
    await driver.close(undefined);
    same(seen.at(-1), Uint8Array.of(7), 'the header of a close');
    ok(
      seen.some(header => header?.length === 1 && header[0] === 5),
      'the header of the first open was not stored',
    );
  },
  LASTING,
);

driverWriteCases(
  'leaves a store untouched whose header is not admitted, and rejects with that very error',
  async bench => {
    const driver = await closedDriver(bench);
    await driver.open(opening(() => ({ bytes: Uint8Array.of(1), epoch: 1 })));
    await driver.write([put(metaKey('a'), 1)]);
    await driver.close(Uint8Array.of(2));
    const refusal = new InvalidRequestError('header', 'is refused');
    for (let attempt = 1; attempt <= 2; attempt++) {
      await rejectsWith(
        () =>
          driver.open(
            opening(() => {
              throw refusal;
            }),
          ),
        refusal,
        `attempt ${attempt}`,
      );
    }
    const seen: (Uint8Array | undefined)[] = [];
    await driver.open(opening(header => (seen.push(header), { bytes: Uint8Array.of(3), epoch: 2 })));
    same(seen.at(-1), Uint8Array.of(2), 'the header');
    same(await driver.get(metaKey('a')), Uint8Array.of(1), 'a record');
    await driver.close(undefined);
  },
  LASTING,
);

driverWriteCases(
  'fails every write while it is closed',
  async bench => {
    const driver = await closedDriver(bench);
    await rejects(() => driver.write([put(metaKey('a'), 1)]), ['store-closed', 'storage-io'], 'write');
  },
  NEEDS,
);

async function closedDriver(bench: Workbench): Promise<StoreDriver> {
  const storage = await bench.open();
  await storage.close();
  return driverOf(storage);
}

function opening(admit: DriverOpenOptions['admit']): DriverOpenOptions {
  return { create: true, durability: 'strict', salvage: false, admit };
}
