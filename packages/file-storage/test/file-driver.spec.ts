import { logKey, metaKey, revKey, trxKey, type DriverWrite, type RecordKey } from '@blockstrata/db-p2p/storage';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileDriver } from '../src/index.js';
import { headerOf, openDriver, put, removed, text } from './driver-bench.js';

describe('FileDriver', () => {
  let directory: string;
  let driver: FileDriver;
  let epoch = 1;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blockstrata-'));
    driver = await openDriver(join(directory, 'store'));
  });

  afterEach(async () => {
    await driver.close(undefined).catch(() => undefined);
    await rm(directory, { recursive: true });
  });

  async function reopen(): Promise<void> {
    await driver.close(headerOf(++epoch));
    driver = await openDriver(join(directory, 'store'));
  }

  async function scanAll(range: Omit<Parameters<FileDriver['scan']>[0], 'limit'>, limit: number): Promise<string[]> {
    const found: string[] = [];
    let after: RecordKey | undefined;
    for (;;) {
      const page = await driver.scan({ ...range, limit, ...(after === undefined ? {} : { after }) });
      expect(page.records.length > 0 || page.done).toBe(true);
      for (const { key, value } of page.records) {
        const id =
          'trxId' in key
            ? `${key.blockId}/${key.trxId}`
            : key.kind === 'log'
              ? key.seq
              : key.kind === 'rev'
                ? key.rev
                : key.blockId;
        found.push(range.keysOnly === true ? String(id) : `${id}=${text(value)}`);
      }
      if (page.done) return found;
      after = page.records.at(-1)?.key;
    }
  }

  const sample: DriverWrite[] = [
    put(metaKey('a'), '{"m":1}'),
    put(revKey('a', 3), '3'),
    put(revKey('a', 1000), '1000'),
    put(revKey('a', 20), '20'),
    put(trxKey('trx', 'a', 't1'), '"t1"'),
    put(trxKey('pend', 'B/..', 'CON'), '"pend"'),
    put(metaKey('B/..'), '"B"'),
    put(trxKey('block', 'x'.repeat(200), 'Y'.repeat(200)), '"long"'),
    put(metaKey('x'.repeat(200)), '"x"'),
    ...Array.from({ length: 10 }, (_, i) => put(logKey(i + 1), `{"seq":${i + 1}}`)),
  ];

  for (const where of ['the overlay', 'the tree'] as const) {
    it(`answers from ${where} what was written`, async () => {
      await driver.write(sample);
      if (where === 'the tree') await reopen();
      for (const { key, value } of sample) expect(text(await driver.get(key))).toBe(text(value));
      expect(await driver.get(metaKey('nobody'))).toBeUndefined();
      expect((await driver.getMany([metaKey('a'), metaKey('no'), revKey('a', 20)])).map(v => text(v))).toEqual([
        '{"m":1}',
        '',
        '20',
      ]);
    });

    it(`scans ${where} in pages of any size`, async () => {
      await driver.write(sample);
      if (where === 'the tree') await reopen();
      for (const limit of [1, 2, 3, 100]) {
        expect(await scanAll({ kind: 'rev', blockId: 'a' }, limit)).toEqual(['3=3', '20=20', '1000=1000']);
        expect(await scanAll({ kind: 'rev', blockId: 'a', reverse: true, to: 999, keysOnly: true }, limit)).toEqual([
          '20',
          '3',
        ]);
        expect(await scanAll({ kind: 'rev', blockId: 'a', from: 4, to: 20 }, limit)).toEqual(['20=20']);
        expect(await scanAll({ kind: 'meta', keysOnly: true }, limit)).toEqual(['B/..', 'a', 'x'.repeat(200)].sort());
        expect(await scanAll({ kind: 'block' }, limit)).toEqual([`${'x'.repeat(200)}/${'Y'.repeat(200)}="long"`]);
        expect(await scanAll({ kind: 'pend', blockId: 'B/..' }, limit)).toEqual(['B/../CON="pend"']);
        expect(await scanAll({ kind: 'rev', keysOnly: true }, limit)).toEqual(['3', '20', '1000']);
        expect(await scanAll({ kind: 'log', keysOnly: true, from: 3, to: 6 }, limit)).toEqual(['3', '4', '5', '6']);
        expect(await scanAll({ kind: 'log', keysOnly: true, reverse: true, to: 3 }, limit)).toEqual(['3', '2', '1']);
      }
    });
  }

  it('merges what is new into what is in the tree', async () => {
    await driver.write(sample);
    await reopen();
    await driver.write([
      put(revKey('a', 7), '7'),
      removed(revKey('a', 20)),
      put(metaKey('ab'), '1'),
      removed(metaKey('a')),
    ]);
    await driver.write([put(logKey(11), '{}'), removed(logKey(10))]);
    for (let round = 0; round < 2; round++) {
      for (const limit of [1, 2, 100]) {
        expect(await scanAll({ kind: 'rev', blockId: 'a' }, limit)).toEqual(['3=3', '7=7', '1000=1000']);
        expect(await scanAll({ kind: 'meta', keysOnly: true }, limit)).toEqual(['B/..', 'ab', 'x'.repeat(200)].sort());
        expect(await scanAll({ kind: 'log', keysOnly: true, from: 8 }, limit)).toEqual(['8', '9', '11']);
      }
      await reopen();
    }
  });

  it('stores values as they are, with a newline', async () => {
    await driver.write(sample);
    await reopen();
    const read = (path: string) => readFile(join(directory, 'store', path), 'utf8');
    expect(await read('a/meta.json')).toBe('{"m":1}\n');
    expect(await read('a/revs/1000.json')).toBe('1000\n');
    expect(await read('%42%2f%2e%2e/pend/%43%4f%4e.json'.replace('%2e%2e', '.%2e'))).toBe('"pend"\n');
    expect(await read('.store/log/0000000000000001.jsonl')).toBe(
      Array.from({ length: 10 }, (_, i) => `{"seq":${i + 1}}\n`).join(''),
    );
  });
});
