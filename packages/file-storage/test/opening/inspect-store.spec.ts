import { StoreFormatError } from '@blockstrata/db-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../../../test/simulation/simulated-disk/simulated-disk.js';
import { StorePaths } from '../../src/layout/store-paths.js';
import { inspectStore } from '../../src/opening/inspect-store.js';
import { headerOf, text } from '../driver-bench.js';

const paths = new StorePaths('/store');

/** A disk on which somebody else is at work too, right after the header was looked for and not found. */
class SharedDisk extends SimulatedDisk {
  meanwhile: (() => Promise<void>) | undefined;

  override async readFile(path: string): Promise<Uint8Array> {
    try {
      return await super.readFile(path);
    } catch (error) {
      const { meanwhile } = this;
      this.meanwhile = undefined;
      await meanwhile?.();
      throw error;
    }
  }
}

describe('a look at a store that another process opens for the first time (INV-10)', () => {
  let disk: SharedDisk;

  beforeEach(async () => {
    disk = new SharedDisk();
    for (const path of [paths.root, paths.store, paths.temporary, paths.journal]) await disk.mkdir(path);
  });

  async function write(path: string, content: Uint8Array): Promise<void> {
    const file = await disk.create(path);
    await file.write(content, 0);
    await file.close();
  }

  it('finds nothing before its header is stored', async () => {
    expect(await inspectStore(disk, paths)).toBeUndefined();
  });

  it('finds its header where that is stored while it looks', async () => {
    disk.meanwhile = () => write(paths.header, headerOf(1));
    expect(text(await inspectStore(disk, paths))).toBe(text(headerOf(1)));
  });

  it('finds its header where the log has begun while it looks', async () => {
    disk.meanwhile = async () => {
      await write(paths.header, headerOf(1));
      await disk.mkdir(paths.log);
      await write(`${paths.log}/0000000000000001.jsonl`, Buffer.from('{}\n'));
    };
    expect(text(await inspectStore(disk, paths))).toBe(text(headerOf(1)));
  });

  it('refuses what holds a log, or a file that it does not know, and no header', async () => {
    await write(paths.inStore('unknown'), Buffer.from('?'));
    await expect(inspectStore(disk, paths)).rejects.toThrow(StoreFormatError);
    await disk.unlink(paths.inStore('unknown'));
    expect(await inspectStore(disk, paths)).toBeUndefined();
    await disk.mkdir(paths.log);
    await write(`${paths.log}/0000000000000001.jsonl`, Buffer.from('{}\n'));
    await expect(inspectStore(disk, paths)).rejects.toThrow(StoreFormatError);
  });
});
