import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logKey, metaKey, revKey, trxKey, type RecordKey } from '../../../src/storage/driver/record-key.js';
import type { DriverOpenOptions, ScanRange, StoreDriver } from '../../../src/storage/driver/store-driver.js';
import { MemoryDriver } from '../../../src/storage/memory/memory-driver.js';

const OPEN: DriverOpenOptions = {
  create: true,
  durability: 'strict',
  salvage: false,
  admit: header => ({ bytes: header ?? Uint8Array.of(1), epoch: 1 }),
};

const ids = fc.constantFrom('a', 'b', 'ab', 'é', '__proto__', '😀');
const numbers = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(200, 2 ** 31, Number.MAX_SAFE_INTEGER));
const keys: fc.Arbitrary<RecordKey> = fc.oneof(
  ids.map(metaKey),
  fc.tuple(ids, numbers).map(([id, rev]) => revKey(id, rev)),
  fc.tuple(ids, ids).map(([id, trxId]) => trxKey('pend', id, trxId)),
  numbers.map(logKey),
);
const ranges: fc.Arbitrary<ScanRange> = fc
  .record({
    kind: fc.constantFrom('meta' as const, 'rev' as const, 'pend' as const, 'log' as const),
    blockId: fc.option(ids, { nil: undefined }),
    from: fc.option(numbers, { nil: undefined }),
    to: fc.option(numbers, { nil: undefined }),
    reverse: fc.boolean(),
    keysOnly: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ kind, blockId, from, to, ...rest }) => ({
    kind,
    ...(blockId === undefined || kind === 'log' ? {} : { blockId }),
    ...(from === undefined || (kind === 'rev' ? blockId === undefined : kind !== 'log') ? {} : { from }),
    ...(to === undefined || (kind === 'rev' ? blockId === undefined : kind !== 'log') ? {} : { to }),
    ...rest,
  }));
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ key: keys, value: fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }) }),
    },
    { weight: 1, arbitrary: fc.record({ range: ranges }) },
  ),
  { maxLength: 60 },
);

function expected(records: Map<string, { key: RecordKey; value: Uint8Array }>, range: ScanRange): string[] {
  const found = [...records.values()].filter(({ key }) => {
    if (key.kind !== range.kind) return false;
    if (range.blockId !== undefined && (key.kind === 'log' || key.blockId !== range.blockId)) return false;
    const number = key.kind === 'rev' ? key.rev : key.kind === 'log' ? key.seq : 0;
    return (range.from === undefined || number >= range.from) && (range.to === undefined || number <= range.to);
  });
  const names = found.map(({ key }) => key.encoded).sort();
  return range.reverse === true ? names.reverse() : names;
}

async function scanAll(driver: StoreDriver, range: ScanRange): Promise<string[]> {
  const found: string[] = [];
  let after: RecordKey | undefined;
  for (;;) {
    const page = await driver.scan({ ...range, ...(after === undefined ? {} : { after }) });
    for (const record of page.records) {
      expect(record.value === undefined).toBe(range.keysOnly === true);
      found.push(record.key.encoded);
    }
    expect(page.records.length).toBeLessThanOrEqual(range.limit);
    if (page.done) return found;
    after = page.records.at(-1)?.key;
  }
}

describe('MemoryDriver', () => {
  it('scans exactly what a plain sorted list of the records holds, whatever was written before and between', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async sequence => {
        const driver = new MemoryDriver();
        await driver.open(OPEN);
        const model = new Map<string, { key: RecordKey; value: Uint8Array }>();
        for (const step of sequence) {
          if ('range' in step) {
            expect(await scanAll(driver, step.range)).toEqual(expected(model, step.range));
            continue;
          }
          await driver.write([step]);
          if (step.value === undefined) model.delete(step.key.encoded);
          else model.set(step.key.encoded, { key: step.key, value: step.value });
        }
        for (const kind of ['meta', 'rev', 'pend', 'log'] as const) {
          const range = { kind, limit: 3 };
          expect(await scanAll(driver, range)).toEqual(expected(model, range));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('sweeps the keys of records that come and go while nobody scans', async () => {
    const driver = new MemoryDriver();
    await driver.open(OPEN);
    await driver.scan({ kind: 'pend', limit: 1 });
    const value = Uint8Array.of(1);
    for (let i = 0; i < 2_000; i++) {
      const key = trxKey('pend', 'a', `t${(i * 7919) % 2_000}`);
      await driver.write([{ key, value }]);
      if (i >= 10)
        await driver.write([{ key: trxKey('pend', 'a', `t${((i - 10) * 7919) % 2_000}`), value: undefined }]);
    }
    expect((await driver.scan({ kind: 'pend', limit: 100 })).records).toHaveLength(10);
  });

  it('holds what it held after it was closed and opened again, and has one owner at a time', async () => {
    const driver = new MemoryDriver();
    await expect(driver.open({ ...OPEN, create: false })).rejects.toMatchObject({ code: 'store-missing' });
    await driver.open(OPEN);
    await expect(driver.open(OPEN)).rejects.toMatchObject({ code: 'store-locked' });
    await driver.write([{ key: metaKey('a'), value: Uint8Array.of(7) }]);
    await driver.close(Uint8Array.of(9));
    const seen: (Uint8Array | undefined)[] = [];
    await driver.open({
      ...OPEN,
      create: false,
      admit: header => {
        seen.push(header);
        return { bytes: Uint8Array.of(10), epoch: 2 };
      },
    });
    expect(seen).toEqual([Uint8Array.of(9)]);
    expect(driver.get(metaKey('a'))).toEqual(Uint8Array.of(7));
  });
});
