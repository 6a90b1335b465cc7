import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@blockstrata/db-core';
import { logKey, metaKey, revKey, trxKey, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem, type FileSystem } from '../../src/index.js';
import { headerOf, openDriver, put, removed, text } from '../driver-bench.js';

/** Timers fire soon, so that the waits for a handle take no time. */
const clock: Clock = {
  now: () => Date.now(),
  after(_delayMs, fire) {
    const timer = setImmediate(fire);
    return () => clearImmediate(timer);
  },
};

/** The machine's file system in a process that has one file handle less than it needs: every call fails first. */
class FewHandles {
  readonly #refused = new Set<string>();
  refusals = 0;

  readonly fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: path => this.#opening('create', path, () => nodeFileSystem.create(path)),
    open: path => this.#opening('open', path, () => nodeFileSystem.open(path)),
    readFile: path => this.#opening('read', path, () => nodeFileSystem.readFile(path)),
    readdir: path => this.#opening('list', path, () => nodeFileSystem.readdir(path)),
    syncDirectory: path => this.#opening('sync', path, () => nodeFileSystem.syncDirectory(path)),
    readFileSync: (path, bytesMax) => {
      this.#refuseOnce(`read ${path}`);
      return nodeFileSystem.readFileSync(path, bytesMax);
    },
  };

  async #opening<T>(call: string, path: string, run: () => Promise<T>): Promise<T> {
    this.#refuseOnce(`${call} ${path}`);
    return run();
  }

  #refuseOnce(call: string): void {
    if (this.#refused.delete(call)) return;
    this.#refused.add(call);
    this.refusals++;
    throw Object.assign(new RangeError('EMFILE: too many open files'), { code: 'EMFILE' });
  }
}

describe('a file store that runs out of file handles at every call (INV-12)', () => {
  let directory: string;
  let handles: FewHandles;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blockstrata-handles-'));
    handles = new FewHandles();
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  const open = () => openDriver(join(directory, 'store'), { fileSystem: handles.fileSystem, clock });

  const writes: DriverWrite[] = [
    put(metaKey('a'), 'the head'),
    ...Array.from({ length: 5 }, (_, i) => put(revKey('a', i + 1), `revision ${i + 1}`)),
    put(trxKey('block', 'x'.repeat(200), 'y'.repeat(200)), 'a hashed name'),
    put(logKey(1), '{"seq":1}'),
  ];

  it('writes, checkpoints and opens again, and holds what was written', async () => {
    for (let life = 0; life < 3; life++) {
      const driver = await open();
      await driver.write(
        life === 0 ? writes : [put(logKey(life + 1), `{"seq":${life + 1}}`), removed(revKey('b', life))],
      );
      for (const { key, value } of writes) expect(text(await driver.get(key))).toBe(text(value));
      await driver.close(headerOf(life + 2));
    }
    expect(handles.refusals).toBeGreaterThan(30);
    const driver = await openDriver(join(directory, 'store'));
    for (const seq of [1, 2, 3]) expect(text(await driver.get(logKey(seq)))).toBe(`{"seq":${seq}}`);
    await driver.close(headerOf(5));
  });

  it('reads several at once, and lists', async () => {
    const writer = await open();
    await writer.write(writes);
    await writer.close(headerOf(2));
    const driver = await open();
    const tree = writes.filter(({ key }) => key.kind !== 'log');
    const values = await driver.getMany(tree.map(({ key }) => key));
    expect(values.map(text)).toEqual(tree.map(({ value }) => text(value)));
    const { records } = await driver.scan({ kind: 'rev', blockId: 'a', limit: 10 });
    expect(records.map(({ value }) => text(value))).toEqual([1, 2, 3, 4, 5].map(rev => `revision ${rev}`));
    const { records: heads } = await driver.scan({ kind: 'block', limit: 10 });
    expect(heads.map(({ value }) => text(value))).toEqual(['a hashed name']);
    await driver.close(headerOf(3));
  });
});
