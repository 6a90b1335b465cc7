import { InvalidRequestError, StoreFormatError, StoreLockedError, StoreMissingError } from '@blockstrata/db-core';
import { metaKey, revKey } from '@blockstrata/db-p2p/storage';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDriver } from '../../src/index.js';
import { headerOf, openDriver, opening, put, text } from '../driver-bench.js';

const NOTE_BYTES = 48;

describe('opening a store', () => {
  let base: string;
  let root: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'blockstrata-'));
    root = join(base, 'deep', 'store');
  });

  afterEach(async () => {
    await rm(base, { recursive: true });
  });

  /** A store that holds the head of block `a`, closed. */
  async function closedStore(): Promise<void> {
    const driver = await openDriver(root);
    await driver.write([put(metaKey('a'), '1')]);
    await driver.close(headerOf(1));
  }

  /** A store whose process was killed: its journal was not applied. */
  async function killedStore(): Promise<void> {
    const driver = await openDriver(root);
    for (let batch = 1; batch <= 3; batch++) await driver.write([put(revKey('a', batch), String(batch))]);
    await driver.close(undefined);
  }

  const refuses = async (error: new (...args: never[]) => Error) => {
    const before = await contents(base);
    await expect(new FileDriver(root).open(opening())).rejects.toThrow(error);
    expect(await contents(base)).toEqual(before);
  };

  it('makes what is missing, for its owner alone', async () => {
    await closedStore();
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/meta.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, '.store/header.json'))).mode & 0o777).toBe(0o600);
  });

  it('makes nothing with create: false', async () => {
    await expect(new FileDriver(root).open(opening({ create: false }))).rejects.toThrow(StoreMissingError);
    expect(await readdir(base)).toEqual([]);
  });

  it('leaves a directory untouched that holds something else', async () => {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'thesis.txt'), 'mine');
    await refuses(StoreFormatError);
  });

  it('leaves a store untouched that has lost its header', async () => {
    await closedStore();
    await unlink(join(root, '.store/header.json'));
    await refuses(StoreFormatError);
  });

  it('leaves a path untouched that is a file, or whose .store is a link', async () => {
    await mkdir(root, { recursive: true });
    await mkdir(join(base, 'elsewhere'));
    await symlink(join(base, 'elsewhere'), join(root, '.store'));
    await refuses(StoreFormatError);
    await rm(root, { recursive: true });
    await writeFile(root, 'a file');
    await refuses(StoreFormatError);
  });

  it('leaves a store untouched whose header is not admitted', async () => {
    await closedStore();
    const before = await contents(root);
    const refusal = new InvalidRequestError('header', 'is newer');
    const open = new FileDriver(root).open(
      opening({
        admit: () => {
          throw refusal;
        },
      }),
    );
    await expect(open).rejects.toBe(refusal);
    expect(await contents(root)).toEqual(before);
  });

  it('goes on after a first opening that was cut short anywhere (INV-9)', async () => {
    await closedStore();
    const parts = ['.store/tmp', '.store/journal', '.store/log', '.store/lock'];
    for (let made = 0; made <= parts.length; made++) {
      await rm(root, { recursive: true, force: true });
      await mkdir(join(root, '.store'), { recursive: true });
      for (const part of parts.slice(0, made)) {
        if (!part.endsWith('lock')) await mkdir(join(root, part));
      }
      await closedStore();
      expect(text(await readFile(join(root, 'a/meta.json')))).toBe('1\n');
    }
  });

  it('gives the lock back if it fails, and takes it once', async () => {
    await closedStore();
    await rename(join(root, '.store/journal'), join(root, '.store/journal-away'));
    await expect(new FileDriver(root).open(opening())).rejects.toMatchObject({ code: 'corrupt-record' });
    await rename(join(root, '.store/journal-away'), join(root, '.store/journal'));
    const driver = await openDriver(root);
    await expect(driver.open(opening())).rejects.toThrow(StoreLockedError);
    await expect(new FileDriver(root).open(opening())).rejects.toThrow(StoreLockedError);
    await driver.close(undefined);
    expect(existsSync(join(root, '.store/lock'))).toBe(false);
  });

  it('refuses a journal that was damaged where it was synced, and opens it with salvage, telling what is lost', async () => {
    await killedStore();
    const journal = join(root, '.store/journal');
    const [segment = ''] = await readdir(journal);
    const bytes = await readFile(join(journal, segment));
    // The last byte of the second of three batches of one size, behind the note that the segment begins with.
    const second = NOTE_BYTES + (2 * (bytes.length - NOTE_BYTES)) / 3 - 1;
    bytes.writeUInt8(bytes.readUInt8(second) ^ 1, second);
    await writeFile(join(journal, segment), bytes);
    await expect(new FileDriver(root).open(opening())).rejects.toMatchObject({
      code: 'corrupt-record',
      record: segment,
    });
    const driver = new FileDriver(root);
    const { losses } = await driver.open(opening({ salvage: true }));
    expect(losses).toEqual([{ record: segment, problem: 'batch 2 was synced, and is lost' }]);
    expect(text(await driver.get(revKey('a', 1)))).toBe('1');
    expect(await driver.get(revKey('a', 2))).toBeUndefined();
    expect(text(await driver.get(revKey('a', 3)))).toBe('3');
    await driver.close(undefined);
    await openDriver(root).then(again => again.close(undefined));
  });

  it('refuses symbolic links where directories and files of records belong', async () => {
    await closedStore();
    await mkdir(join(base, 'elsewhere/revs'), { recursive: true });
    await writeFile(join(base, 'elsewhere/meta.json'), '"stolen"\n');
    await symlink(join(base, 'elsewhere'), join(root, 'linked'));
    await mkdir(join(root, 'half'));
    await symlink(join(base, 'elsewhere/meta.json'), join(root, 'half/meta.json'));
    await symlink(join(base, 'elsewhere/revs'), join(root, 'half/revs'));
    const driver = await openDriver(root);
    const damaged = { code: 'corrupt-record' };
    await expect((async () => driver.get(metaKey('linked')))()).rejects.toMatchObject(damaged);
    await expect((async () => driver.get(metaKey('half')))()).rejects.toMatchObject(damaged);
    await expect((async () => driver.get(revKey('half', 1)))()).rejects.toMatchObject(damaged);
    await driver.write([put(revKey('half', 1), '1')]);
    await expect(driver.close(headerOf(2))).rejects.toMatchObject({ code: 'store-poisoned' });
    expect(await readdir(join(base, 'elsewhere/revs'))).toEqual([]);
  });
});

/** Every file below a directory with its content, every directory, every link. */
async function contents(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const lines = entries.map(async entry => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? `${path}: ${await readFile(path, 'latin1')}` : path;
  });
  return (await Promise.all(lines)).sort();
}
