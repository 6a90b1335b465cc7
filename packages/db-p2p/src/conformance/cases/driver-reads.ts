import { logKey, metaKey, revKey, trxKey } from '../../storage/driver/record-key.js';
import type { ScanRange } from '../../storage/driver/store-driver.js';
import { ok, rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { del, driverOf, mixedRecords, put, scanAll } from '../driver-records.js';
import { noise } from '../samples.js';

/** What a StoreDriver must do when it is read. */
export const driverReadCases = cases('driver: reads');

const NEEDS = ['driver'] as const;
const KINDS = ['meta', 'rev', 'pend', 'trx', 'block', 'log'] as const;

driverReadCases(
  'gets what was written under each key, and undefined for the others',
  async bench => {
    const driver = driverOf(await bench.open());
    const records = mixedRecords();
    await driver.write([...records.values()]);
    for (const { key, value } of records.values()) same(await driver.get(key), value, JSON.stringify(key.encoded));
    same(await driver.get(metaKey('none')), undefined, 'a head that is not there');
    same(await driver.get(trxKey('pend', 'a', 'none')), undefined, 'a pending that is not there');
    same(await driver.get(logKey(3)), undefined, 'a log entry that is not there');
  },
  NEEDS,
);

driverReadCases(
  'gets many in the order of the keys, absent and repeated ones too',
  async bench => {
    const driver = driverOf(await bench.open());
    await driver.write([put(metaKey('a'), 1), put(revKey('a', 5), 2), put(logKey(1), 3)]);
    const keys = [logKey(1), metaKey('none'), metaKey('a'), logKey(1), revKey('a', 5)];
    const expected = [Uint8Array.of(3), undefined, Uint8Array.of(1), Uint8Array.of(3), Uint8Array.of(2)];
    same(await driver.getMany(keys), expected, 'the values');
    same(await driver.getMany([]), [], 'no values');
  },
  NEEDS,
);

driverReadCases(
  'never changes a value that it handed out, whatever is read and written afterwards',
  async bench => {
    const driver = driverOf(await bench.open());
    const keys = Array.from({ length: 20 }, (_, i) => trxKey('block', 'b', `t${i}`));
    const values = keys.map((_, i) => noise(300, i + 1));
    await driver.write(keys.map((key, i) => ({ key, value: noise(300, i + 1) })));
    const single: (Uint8Array | undefined)[] = [];
    for (const key of keys) single.push(await driver.get(key));
    const together = await Promise.all(keys.map(async key => driver.get(key)));
    const many = await driver.getMany(keys);
    const scanned = (await driver.scan({ kind: 'block', blockId: 'b', limit: 100 })).records;
    await driver.write(keys.map(key => put(key, 0)));
    for (const key of keys) await driver.get(key);
    await driver.getMany(keys);
    same(single, values, 'values read one by one');
    same(together, values, 'values read at once');
    same(many, values, 'values of getMany');
    for (const { key, value } of scanned)
      same(value, values[keys.findIndex(({ encoded }) => encoded === key.encoded)], 'a scanned value');
  },
  NEEDS,
);

for (const kind of KINDS) {
  driverReadCases(
    `scans every ${kind} record once, whatever the page, in both directions`,
    async bench => {
      const driver = driverOf(await bench.open());
      const records = mixedRecords();
      await driver.write([...records.values()]);
      const expected = [...records.values()].filter(({ key }) => key.kind === kind);
      let order: string[] | undefined;
      for (const limit of [1, 7, 1_000]) {
        const found = await scanAll(driver, { kind, limit });
        order ??= found.map(([encoded]) => encoded);
        same(
          found.map(([encoded]) => encoded),
          order,
          `the order with pages of ${limit}`,
        );
        same([...order].sort(), expected.map(({ key }) => key.encoded).sort(), 'the keys');
        for (const [encoded, value] of found) same(value, records.get(encoded)?.value, 'a value');
        const back = await scanAll(driver, { kind, limit, reverse: true, keysOnly: true });
        same(
          back.map(([encoded]) => encoded),
          [...order].reverse(),
          'the order in reverse',
        );
      }
    },
    NEEDS,
  );
}

for (const kind of KINDS.filter(one => one !== 'log')) {
  driverReadCases(
    `scans the ${kind} records of one block, and of no other`,
    async bench => {
      const driver = driverOf(await bench.open());
      const records = mixedRecords();
      await driver.write([...records.values()]);
      for (const blockId of ['a', 'aa', 'a\0', '\u{1F600}', '../x', 'none']) {
        const expected = [...records.values()].flatMap(({ key }) =>
          key.kind === kind && key.blockId === blockId ? [key.encoded] : [],
        );
        const found = (await scanAll(driver, { kind, blockId, limit: 3, keysOnly: true })).map(([encoded]) => encoded);
        same([...found].sort(), expected.sort(), `the keys of ${JSON.stringify(blockId)}`);
      }
    },
    NEEDS,
  );
}

const NUMBERED: readonly Omit<ScanRange, 'limit'>[] = [{ kind: 'log' }, { kind: 'rev', blockId: 'a' }];

for (const range of NUMBERED) {
  driverReadCases(
    `scans ${range.kind} records by number, both ends included, in both directions`,
    async bench => {
      const driver = driverOf(await bench.open());
      const keyOf = (number: number) => (range.kind === 'log' ? logKey(number) : revKey('a', number));
      const numbers = [1, 2, 9, 10, 11, 300, 2 ** 31, 2 ** 40, 2 ** 53 - 2, 2 ** 53 - 1];
      await driver.write([...numbers].reverse().map(number => put(keyOf(number), 1)));
      await driver.write([put(revKey('aa', 5), 1), put(revKey('A', 5), 1), put(metaKey('a'), 1)]);
      const ends = [undefined, 1, 2, 5, 10, 2 ** 31, 2 ** 53 - 1];
      for (const from of ends) {
        for (const to of ends) {
          const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
          const expected = numbers
            .filter(number => number >= (from ?? 1) && number <= (to ?? Infinity))
            .map(number => keyOf(number).encoded);
          const up = await scanAll(driver, { ...range, ...bounds, limit: 4 });
          same(
            up.map(([encoded]) => encoded),
            expected,
            `from ${from} to ${to}`,
          );
          const down = await scanAll(driver, { ...range, ...bounds, limit: 4, reverse: true });
          same(
            down.map(([encoded]) => encoded),
            expected.reverse(),
            `from ${from} to ${to}, in reverse`,
          );
        }
      }
    },
    NEEDS,
  );
}

driverReadCases(
  'keeps the revisions of one block together, in the order of their numbers, when it scans all',
  async bench => {
    const driver = driverOf(await bench.open());
    await driver.write([3, 1, 20].flatMap(rev => ['x', 'y', 'xx'].map(id => put(revKey(id, rev), rev))));
    const { records } = await driver.scan({ kind: 'rev', limit: 100 });
    const seen = records.map(({ key }) => (key.kind === 'rev' ? `${key.blockId}:${key.rev}` : ''));
    for (const id of ['x', 'y', 'xx']) {
      const first = seen.indexOf(`${id}:1`);
      same(seen.slice(first, first + 3), [`${id}:1`, `${id}:3`, `${id}:20`], `the revisions of ${id}`);
    }
  },
  NEEDS,
);

driverReadCases(
  'goes on behind a key that was deleted between two pages',
  async bench => {
    const driver = driverOf(await bench.open());
    await driver.write(['a', 'b', 'c', 'd', 'e'].map(id => put(metaKey(id), 1)));
    const order = (await scanAll(driver, { kind: 'meta', limit: 10, keysOnly: true })).map(([encoded]) => encoded);
    const [first] = (await driver.scan({ kind: 'meta', limit: 1 })).records;
    ok(first !== undefined, 'the first page is empty');
    await driver.write([del(first.key)]);
    const rest = await scanAll(driver, { kind: 'meta', limit: 2, after: first.key, keysOnly: true });
    same(
      rest.map(([encoded]) => encoded),
      order.slice(1),
      'what follows it',
    );
  },
  NEEDS,
);

driverReadCases(
  'scans what was written last, and not what was deleted',
  async bench => {
    const driver = driverOf(await bench.open());
    for (let round = 1; round <= 3; round++) {
      await driver.write([put(trxKey('pend', 'b', `t${round}`), round), del(trxKey('pend', 'b', `t${round - 1}`))]);
      const found = await scanAll(driver, { kind: 'pend', blockId: 'b', limit: 10 });
      same(found, [[trxKey('pend', 'b', `t${round}`).encoded, Uint8Array.of(round)]], `round ${round}`);
    }
  },
  NEEDS,
);

driverReadCases(
  'fails every read while it is closed, instead of calling records absent',
  async bench => {
    const storage = await bench.open();
    const driver = driverOf(storage);
    await driver.write([put(metaKey('a'), 1)]);
    await storage.close();
    const codes = ['store-closed', 'storage-io'];
    await rejects(() => driver.get(metaKey('a')), codes, 'get');
    await rejects(() => driver.getMany([metaKey('a')]), codes, 'getMany');
    await rejects(() => driver.scan({ kind: 'meta', limit: 1 }), codes, 'scan');
  },
  NEEDS,
);
