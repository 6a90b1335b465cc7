import {
  CorruptRecordError,
  StoreClosedError,
  StoreFormatError,
  systemClock,
  type ComponentLogger,
} from '@blockstrata/db-core';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { format } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  logKey,
  MemoryDriver,
  RawStorage,
  type DriverOpenOptions,
  type DriverWrite,
} from '../../../src/storage/index.js';

const head = (rev: number) => ({ ranges: [[rev]] as [[number]] });

/** Remembers how it was opened; opening and closing take their time. */
class WatchedDriver extends MemoryDriver {
  readonly calls: string[] = [];
  durability: string | undefined;
  /** What it was given when it was closed. */
  left: Uint8Array | undefined;
  /** Found in place of its header when it is opened the next time. */
  planted: string | undefined;
  losses: { record: string; problem: string }[] = [];

  override async open(options: DriverOpenOptions) {
    this.calls.push('open');
    this.durability = options.durability;
    await setImmediate();
    const planted = this.planted === undefined ? undefined : new TextEncoder().encode(this.planted);
    await super.open({ ...options, admit: bytes => options.admit(planted ?? bytes) });
    this.calls.push('opened');
    return { losses: this.losses };
  }

  override async close(header: Uint8Array | undefined) {
    this.calls.push('close');
    this.left = header;
    await setImmediate();
    await super.close(header);
    this.calls.push('closed');
  }

  /** Changes what is stored while nobody has it open. */
  async change(...writes: DriverWrite[]): Promise<void> {
    await super.open({
      create: true,
      durability: 'strict',
      salvage: false,
      admit: bytes => ({ bytes: bytes ?? new Uint8Array(), epoch: 1 }),
    });
    await this.write(writes);
    await super.close(undefined);
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function append(storage: RawStorage, time = 1): Promise<unknown> {
  return storage
    .batch()
    .appendLog({ kind: 'commit', trxId: 't', rev: 1, blockIds: ['a'], time })
    .write();
}

/** A closed store with one log entry, and its stored bytes. */
async function closedStore(time = 1) {
  const driver = new WatchedDriver();
  const storage = new RawStorage(driver);
  await append(storage, time);
  const entry = driver.get(logKey(1)) ?? new Uint8Array();
  await storage.close();
  return { driver, entry };
}

describe('the options of a store', () => {
  it('are refused where the driver or the kernel cannot do what they ask', () => {
    const relaxedOnly = new MemoryDriver();
    Object.assign(relaxedOnly, { supports: { ...relaxedOnly.supports, durability: ['relaxed'] } });
    expect(() => new RawStorage(relaxedOnly)).toThrow('durability "strict" is not supported by memory');
    for (const cacheBytesMax of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new RawStorage(new MemoryDriver(), { cacheBytesMax })).toThrow('cacheBytesMax');
  });

  it('are strict unless said otherwise, and reach the driver', async () => {
    for (const [options, durability] of [
      [{}, 'strict'],
      [{ durability: 'relaxed' }, 'relaxed'],
    ] as const) {
      const driver = new WatchedDriver();
      await new RawStorage(driver, options).open();
      expect(driver.durability).toBe(durability);
    }
  });

  it('follow the driver in how records are encoded', async () => {
    for (const encoding of ['json', 'cbor'] as const) {
      const driver = new MemoryDriver();
      Object.assign(driver, { supports: { ...driver.supports, encoding } });
      const storage = new RawStorage(driver);
      await storage.saveMetadata('a', head(1));
      const { records } = await driver.scan({ kind: 'meta', limit: 1 });
      expect(
        Buffer.from(records[0]?.value ?? [])
          .toString()
          .startsWith('{"key"'),
      ).toBe(encoding === 'json');
    }
  });

  it('say where it tells that it was opened and closed', async () => {
    const lines: string[] = [];
    const nothing = () => undefined;
    const logger: ComponentLogger = {
      forComponent: component =>
        Object.assign(
          (text: unknown, ...values: unknown[]) => void lines.push(`${component}: ${format(text, ...values)}`),
          { error: nothing, trace: nothing, enabled: true },
        ),
    };
    const storage = new RawStorage(new MemoryDriver('store'), { logger });
    await storage.open();
    await storage.close();
    expect(lines).toEqual(['blockstrata:store: opened store at epoch 1, log at 0', 'blockstrata:store: closed store']);
  });
});

describe('a store', () => {
  it('is opened by whatever is asked of it first', async () => {
    const first: ((storage: RawStorage) => unknown)[] = [
      storage => storage.getMetadata('a'),
      storage => storage.getMetadataMany(['a']),
      storage => storage.getTransactions('a', ['t']),
      storage => storage.getEncodedTransforms('a', [{ trxId: 't', rev: 1 }]),
      storage => all(storage.listBlockIds()),
      storage => all(storage.readLog()),
      storage => all(storage.scanKeys('meta')),
      storage => storage.inspectEngine(),
      storage => storage.estimateSize(),
      storage => storage.saveMetadata('a', head(1)),
    ];
    for (const ask of first) {
      const driver = new WatchedDriver();
      await ask(new RawStorage(driver));
      expect(driver.calls).toEqual(['open', 'opened']);
    }
    const driver = new WatchedDriver();
    const storage = new RawStorage(driver);
    const growth = storage.logGrowth(0);
    await append(storage);
    await growth;
    const { driver: grown } = await closedStore();
    await new RawStorage(grown).logGrowth(0);
  });

  it('is closed when close() resolves, be it that it was opening, or closing already', async () => {
    const driver = new WatchedDriver();
    const storage = new RawStorage(driver);
    const opening = storage.open();
    await storage.close();
    await opening;
    expect(driver.calls).toEqual(['open', 'opened', 'close', 'closed']);
    await expect(storage.getMetadata('a')).rejects.toThrow(StoreClosedError);
    await storage.open();
    const closing = storage.close();
    await storage.close();
    expect(driver.calls.at(-1)).toBe('closed');
    await closing;
  });

  it('writes nothing while it closes, also where the write opened it, and tells what became of it (INV-1)', async () => {
    class SlowWrites extends WatchedDriver {
      override async write(writes: readonly DriverWrite[]): Promise<void> {
        this.calls.push('write');
        await setImmediate();
        await super.write(writes);
        this.calls.push('written');
      }
    }
    for (const turns of [0, 1, 2, 3, 4, 5, 6]) {
      const driver = new SlowWrites();
      const storage = new RawStorage(driver);
      const write = storage.saveMetadata('a', head(1)).then(
        () => 'stored',
        (error: unknown) => error,
      );
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await storage.close();
      const wrote = (await write) === 'stored';
      if (!wrote) expect(await write).toBeInstanceOf(StoreClosedError);
      expect(driver.calls).toEqual(['open', 'opened', ...(wrote ? ['write', 'written'] : []), 'close', 'closed']);
      expect(await storage.open().then(() => storage.getMetadata('a'))).toEqual(wrote ? head(1) : undefined);
    }
  });

  it('is opened once, closed once, and opened again once it is closed, however the calls meet', async () => {
    const driver = new WatchedDriver();
    const storage = new RawStorage(driver);
    const [opened] = await Promise.all([storage.open(), storage.open()]);
    expect(await storage.open()).toBe(opened);
    await Promise.all([storage.close(), storage.close()]);
    expect(driver.calls).toEqual(['open', 'opened', 'close', 'closed']);
    const opening = storage.open();
    const closing = storage.close();
    const again = (async () => {
      await opening;
      return storage.open();
    })();
    await closing;
    await again;
    await storage.close();
    await storage.close();
    const pairs = driver.calls.filter((_, i) => i % 2 === 0).map((call, i) => [call, driver.calls[2 * i + 1]]);
    for (const [call, end] of pairs) expect(end).toBe(call === 'open' ? 'opened' : 'closed');
  });

  it('that is closing is opened anew, and one that was never opened is closed', async () => {
    const driver = new WatchedDriver();
    const storage = new RawStorage(driver);
    await storage.open();
    const closing = storage.close();
    const [first, second] = await Promise.all([storage.open(), storage.open()]);
    expect(first).toMatchObject({ epoch: 2, recovered: false });
    expect(second).toBe(first);
    await closing;
    expect(driver.calls).toEqual(['open', 'opened', 'close', 'closed', 'open', 'opened']);
    const other = new RawStorage(new WatchedDriver());
    await other.close();
    await expect(other.getMetadata('a')).rejects.toThrow(StoreClosedError);
  });

  it('tells those who wait that it is closed, also where they began before it was opened', async () => {
    for (const opens of [true, false]) {
      const storage = new RawStorage(new WatchedDriver());
      const { closing } = storage;
      if (opens) await storage.open();
      expect([closing.aborted, storage.closing === closing]).toEqual([false, true]);
      await storage.close();
      expect(closing.reason).toBeInstanceOf(StoreClosedError);
      await storage.open();
      expect(storage.closing.aborted).toBe(false);
      await storage.close();
    }
  });

  it('lets any number of calls wait for its end, and Node warns of nothing', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    const storage = new RawStorage(new WatchedDriver());
    for (let round = 0; round < 2; round++) {
      await storage.open();
      const waiting = Array.from({ length: 20 }, () => storage.logGrowth(storage.logSeq));
      const ended = Promise.allSettled(waiting);
      await setImmediate();
      await storage.close();
      expect((await ended).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'));
    }
    await setImmediate();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('reads anew what was changed while it was closed, and has no log meanwhile', async () => {
    const { driver } = await closedStore();
    const storage = new RawStorage(driver);
    await storage.saveMetadata('a', head(1));
    expect(await storage.getMetadata('a')).toEqual(head(1));
    expect(storage.logSeq).toBe(1);
    const { records } = await driver.scan({ kind: 'meta', limit: 1 });
    await storage.close();
    expect(storage.logSeq).toBe(0);
    await driver.change({ key: records[0]?.key ?? logKey(9), value: undefined });
    await storage.open();
    expect(await storage.getMetadata('a')).toBeUndefined();
  });
});

describe('the mark that a closed store leaves', () => {
  it('is the digest of its last log entry, in hexadecimal digits', async () => {
    for (let time = 1; time < 20; time++) {
      const { driver, entry } = await closedStore(time);
      const { header } = JSON.parse(Buffer.from(driver.left ?? []).toString()) as { header: { clean: unknown } };
      expect(header.clean).toEqual({ seq: 1, digest: createHash('sha256').update(entry).digest('hex'), epoch: 1 });
    }
  });

  it('shows that the last log entry is another one than it was (INV-3)', async () => {
    const { driver } = await closedStore(1);
    const { entry } = await closedStore(2);
    await driver.change({ key: logKey(1), value: entry });
    await expect(new RawStorage(driver).open()).rejects.toThrow('entry 1 is not the one that was there');
    expect((await new RawStorage(driver).open({ salvage: true })).losses).toHaveLength(1);
  });

  it('is dropped by salvage, which accepts what is lost', async () => {
    const { driver } = await closedStore();
    await driver.change({ key: logKey(1), value: undefined });
    await expect(new RawStorage(driver).open()).rejects.toThrow(CorruptRecordError);
    const storage = new RawStorage(driver);
    await storage.open({ salvage: true });
    await driver.close(undefined);
    expect((await new RawStorage(driver).open()).losses).toEqual([]);
  });
});

describe('a store whose header or log is damaged', () => {
  it('is refused where its last log entry cannot be read, whether it was closed or not (INV-6)', async () => {
    const { entry } = await closedStore();
    const crashed = new WatchedDriver();
    await new RawStorage(crashed).open();
    await crashed.close(undefined);
    await crashed.change({ key: logKey(1), value: entry.with(8, (entry[8] ?? 0) ^ 1) });
    await expect(new RawStorage(crashed).open()).rejects.toThrow('commit log entry 1');
    expect(crashed.calls.slice(-2)).toEqual(['close', 'closed']);
  });

  it('begins with a first entry that follows 32 zeroes', async () => {
    const storage = new RawStorage(new MemoryDriver());
    await append(storage);
    expect(await all(storage.readLog())).toMatchObject([{ seq: 1, prev: new Uint8Array(32) }]);
  });

  it('is opened by salvage alone, above every epoch there can have been, and says what is lost', async () => {
    const { driver } = await closedStore();
    driver.planted = '{';
    await expect(new RawStorage(driver).open()).rejects.toThrow(CorruptRecordError);
    driver.losses = [{ record: 'engine', problem: 'gone' }];
    const storage = new RawStorage(driver, { clock: { ...systemClock, now: () => 1_000_000 } });
    const report = await storage.open({ salvage: true });
    expect(report.epoch).toBe(1_000_001);
    expect(report.losses).toMatchObject([{ record: expect.stringContaining('header') as string }, driver.losses[0]]);
  });

  it('is not opened by salvage where it is another format', async () => {
    const { driver } = await closedStore();
    driver.planted = '{}';
    for (const salvage of [true, false])
      await expect(new RawStorage(driver).open({ salvage })).rejects.toThrow(StoreFormatError);
  });
});
