import { execFile } from 'node:child_process';
import { mkdir, readdir, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { StoreFormatError, StoreLockedError } from '@blockstrata/db-core';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LevelDBDriver, LevelDBRawStorage } from '../src/index.js';
import { claimStore } from '../src/open-stores.js';
import { temporaryDirectory } from './raw-database.js';
import { contentsOf, openDriver, opening, putRecord, valueOf } from './store-fixture.js';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  directory = join(root, 'a', 'store');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

it.runIf(process.platform === 'linux')(
  'LevelDB that fails to close keeps others away, as it has its lock, and no descriptor of the directory stays (INV-10)',
  async () => {
    const driver = await openDriver(directory, { durability: 'strict' });
    const opened: ClassicLevel[] = [];
    const close = vi.spyOn(ClassicLevel.prototype, 'close').mockImplementation(async function (this: ClassicLevel) {
      opened.push(this);
      throw new Error('LevelDB does not close');
    });
    try {
      await expect(driver.close(undefined)).rejects.toThrow(/failed to close the store/);
      await expect(openDriver(directory)).rejects.toThrow(StoreLockedError);
      // Where the system does not tell who holds a lock, only the claim keeps LevelDB from dropping it.
      expect(claimStore(await realpath(directory))).toBeUndefined();
      const names = await readdir('/proc/self/fd');
      const targets = await Promise.all(names.map(name => readlink(`/proc/self/fd/${name}`).catch(() => '')));
      expect(targets).not.toContain(await realpath(directory));
    } finally {
      close.mockRestore();
      for (const engine of opened) await engine.close();
    }
  },
);

describe('a new store', () => {
  it('belongs to its owner alone', async () => {
    const driver = await openDriver(directory);
    expect(await modeOf(join(root, 'a'))).toBe(0o700);
    expect(await modeOf(directory)).toBe(0o700);
    expect(await modeOf(join(directory, 'header.json'))).toBe(0o600);
    await driver.close(Uint8Array.of(2));
    expect(await modeOf(join(directory, 'header.json'))).toBe(0o600);
  });

  it('shuts others out of a directory that was there before', async () => {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await (await openDriver(directory)).close(undefined);
    expect(await modeOf(directory)).toBe(0o700);
  });

  it('is not made where it may not be', async () => {
    const driver = new LevelDBDriver(directory);
    await expect(driver.open(opening({ create: false }))).rejects.toMatchObject({ code: 'store-missing' });
    expect(await readdir(root)).toEqual([]);
    await mkdir(directory, { recursive: true });
    await expect(driver.open(opening({ create: false }))).rejects.toMatchObject({ code: 'store-missing' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not made where its header is refused', async () => {
    const refusal = new StoreFormatError(directory, 'is refused');
    const refuse = () => {
      throw refusal;
    };
    await expect(new LevelDBDriver(directory).open(opening({ admit: refuse }))).rejects.toBe(refusal);
    expect(await readdir(root)).toEqual([]);
  });

  it('can be made anew wherever its first opening was cut off (INV-9)', async () => {
    const leftovers = [
      { 'header.json.0011223344556677.tmp': '' },
      { 'header.json': 'h' },
      { 'header.json': 'h', 'header.json.0011223344556677.tmp': 'h', LOCK: '', LOG: '' },
      { 'header.json': 'h', LOCK: '', LOG: '', 'MANIFEST-000001': '' },
      { 'header.json': 'h', LOCK: '', LOG: '', 'MANIFEST-000001': 'torn', '000001.dbtmp': 'MANIFEST-000001\n' },
      { 'header.json': 'h', LOCK: '', CURRENT: 'MANIFEST-000001\n', 'MANIFEST-000001': '\0\0\0\0\0\0\0\0\0\0' },
      { 'header.json': 'h', LOCK: '', CURRENT: 'MANIFEST-000001\n' },
      { 'header.json': 'h', LOCK: '', CURRENT: 'MANIFEST-000001\n', '000003.log': '' },
    ];
    for (const files of leftovers) {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
      const driver = await openDriver(directory);
      await putRecord(driver, 1);
      expect(driver.get(metaKey('block-1'))).toEqual(Buffer.from(valueOf(1)));
      await driver.close(undefined);
    }
  });
});

describe('a store that is not ours', () => {
  async function expectRefused(code: string, path = directory, overrides = {}) {
    const before = await contentsOf(directory);
    await expect(new LevelDBDriver(path).open(opening(overrides))).rejects.toMatchObject({ code });
    expect(await contentsOf(directory)).toEqual(before);
  }

  it('is left as it is when another program made it', async () => {
    const level = new ClassicLevel(directory);
    await level.put('a', 'b');
    await level.close();
    await expectRefused('store-format');
  });

  it('is left as it is when there is anything else in the directory', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await expectRefused('store-format');
    await expectRefused('store-format', directory, { create: false });
  });

  it('is left as it is when it is newer, or its header is damaged', async () => {
    const storage = new LevelDBRawStorage(directory);
    await storage.saveMetadata('a', { ranges: [[1]] });
    await storage.close();
    for (const [header, code] of [
      ['{"header":{"format":"blockstrata","version":99},"seal":"new"}\n', 'store-format'],
      ['{"what":"ever"}', 'store-format'],
      ['', 'corrupt-record'],
      ['{"header":{', 'corrupt-record'],
    ] as const) {
      await writeFile(join(directory, 'header.json'), header);
      const before = await contentsOf(directory);
      await expect(new LevelDBRawStorage(directory).open()).rejects.toMatchObject({ code });
      expect(await contentsOf(directory)).toEqual(before);
    }
  });

  it('is refused behind a symbolic link, with or without a slash behind it', async () => {
    await (await openDriver(directory)).close(undefined);
    await symlink(directory, join(root, 'link'));
    await expectRefused('store-format', join(root, 'link'));
    await expectRefused('store-format', `${join(root, 'link')}/`);
  });

  it('is refused with a header that is a symbolic link, a directory, or far too large', async () => {
    await mkdir(directory, { recursive: true });
    const header = join(directory, 'header.json');
    await writeFile(join(root, 'elsewhere'), 'h');
    await symlink(join(root, 'elsewhere'), header);
    await expectRefused('store-format');
    await rm(header);
    await mkdir(header);
    await expectRefused('store-format');
    await rm(header, { recursive: true });
    await writeFile(header, new Uint8Array(100_000));
    await expectRefused('store-format');
  });

  it('is refused when it is a file', async () => {
    await mkdir(join(root, 'a'));
    await writeFile(directory, 'a file');
    await expect(new LevelDBDriver(directory).open(opening())).rejects.toMatchObject({ code: 'store-format' });
  });
});

describe('a store that is in use (INV-10)', () => {
  const OPEN_IN_ANOTHER_PROCESS = `
    import { ClassicLevel } from 'classic-level';
    const level = new ClassicLevel(process.argv[1], { createIfMissing: false });
    try { await level.open(); console.log('opened'); await level.close(); } catch (error) { console.log(error.cause.code); }`;

  async function openInAnotherProcess(): Promise<string> {
    const args = ['--input-type=module', '--eval', OPEN_IN_ANOTHER_PROCESS, directory];
    return (await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })).stdout.trim();
  }

  it('turns a second instance away, and stays locked for other processes all the same', async () => {
    const driver = await openDriver(directory);
    for (const path of [directory, join(root, 'a', '..', 'a', 'store')]) {
      const before = await contentsOf(directory);
      await expect(new LevelDBDriver(path).open(opening())).rejects.toMatchObject({
        code: 'store-locked',
        holder: 'this process',
      });
      expect(await contentsOf(directory)).toEqual(before);
    }
    expect(await openInAnotherProcess()).toBe('LEVEL_LOCKED');
    await driver.close(undefined);
    expect(await openInAnotherProcess()).toBe('opened');
  });

  it('knows a store by any of its names', async () => {
    const driver = await openDriver(directory);
    await symlink(join(root, 'a'), join(root, 'alias'));
    const other = new LevelDBDriver(join(root, 'alias', 'store'));
    await expect(other.open(opening())).rejects.toMatchObject({ code: 'store-locked' });
    expect(await openInAnotherProcess()).toBe('LEVEL_LOCKED');
    await driver.close(undefined);
  });

  it('is free again after it was closed, or could not be opened', async () => {
    await (await openDriver(directory)).close(undefined);
    const admit = () => {
      throw new StoreFormatError(directory, 'is refused');
    };
    await expect(new LevelDBDriver(directory).open(opening({ admit }))).rejects.toBeInstanceOf(StoreFormatError);
    await (await openDriver(directory)).close(undefined);
  });
});

describe('a store that is opened again', () => {
  it('has the header that it was closed with, and every record', async () => {
    const driver = await openDriver(directory, { durability: 'strict' });
    for (let i = 0; i < 20; i++) await putRecord(driver, i);
    await driver.close(Uint8Array.of(7, 8));
    const seen: unknown[] = [];
    await driver.open(opening({ admit: header => (seen.push(header), { bytes: Uint8Array.of(9), epoch: 2 }) }));
    expect(seen).toEqual([Uint8Array.of(7, 8)]);
    for (let i = 0; i < 20; i++) expect(driver.get(metaKey(`block-${i}`))).toEqual(Buffer.from(valueOf(i)));
    await driver.close(undefined);
    await driver.open(opening({ admit: header => (seen.push(header), { bytes: Uint8Array.of(9), epoch: 3 }) }));
    expect(seen[1]).toEqual(Uint8Array.of(9));
    await driver.close(undefined);
  });

  it('answers nothing while it is closed', async () => {
    const driver = await openDriver(directory);
    await driver.close(undefined);
    await driver.close(undefined);
    expect(() => driver.get(metaKey('a'))).toThrow(expect.objectContaining({ code: 'store-closed' }));
    await expect(driver.write([])).rejects.toMatchObject({ code: 'store-closed' });
    await expect(driver.size()).rejects.toMatchObject({ code: 'store-closed' });
  });
});

describe('options', () => {
  it('out of the bounds that LevelDB keeps to are refused', () => {
    for (const options of [
      { writeBufferBytes: 1 },
      { blockCacheBytes: 0.5 },
      { openFilesMax: 73 },
      { openCheckBytesMax: -1 },
      { openCheckBytesMax: Number.NaN },
    ]) {
      expect(() => new LevelDBDriver(directory, options)).toThrow(TypeError);
    }
    expect(() => new LevelDBDriver('')).toThrow(TypeError);
  });
});
