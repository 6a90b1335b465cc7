import { metaKey, type Durability } from '@blockstrata/db-p2p/storage';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { passThrough } from '../../../../test/simulation/simulated-disk/pass-through.js';
import { SimulatedDisk } from '../../../../test/simulation/simulated-disk/simulated-disk.js';
import type { FileSystem, OpenFile } from '../../src/index.js';
import { TemporaryFiles } from '../../src/file-system/temporary-files.js';
import { Journal } from '../../src/journal/journal.js';
import { segmentName } from '../../src/journal/segment-name.js';
import { put } from '../driver-bench.js';

const DIRECTORY = '/journal';
const old = segmentName({ epoch: 1, index: 0 });
const first = segmentName({ epoch: 2, index: 0 });
const second = segmentName({ epoch: 2, index: 1 });
const nothing = () => undefined;

/** A disk that takes its time, and writes down what is asked of it; never may it be asked for two things at once. */
class SlowDisk {
  readonly asked: string[] = [];
  readonly #disk: SimulatedDisk;
  readonly #names = new Map<string, string>();
  #isBusy = false;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get fileSystem(): FileSystem {
    const disk = this.#disk;
    return {
      ...passThrough(disk),
      create: async path => this.#file(path, await disk.create(path)),
      rename: (from, to) => {
        this.#names.set(from, to);
        return this.#slowly(`place ${nameOf(to)}`, () => disk.rename(from, to));
      },
      unlink: path => this.#slowly(`unlink ${nameOf(path)}`, () => disk.unlink(path)),
      syncDirectory: path => this.#slowly('sync the directory', () => disk.syncDirectory(path)),
    };
  }

  #file(path: string, file: OpenFile): OpenFile {
    const name = () => nameOf(this.#names.get(path) ?? 'a temporary file');
    return {
      write: (bytes, position) => this.#slowly(`write ${name()}`, () => file.write(bytes, position)),
      sync: () => this.#slowly(`sync ${name()}`, () => file.sync()),
      close: () => this.#slowly(`close ${name()}`, () => file.close()),
    };
  }

  async #slowly<T>(what: string, work: () => Promise<T>): Promise<T> {
    expect(this.#isBusy).toBe(false);
    this.#isBusy = true;
    this.asked.push(what);
    await setImmediate();
    const result = await work();
    this.#isBusy = false;
    return result;
  }
}

describe('on a disk that takes its time, the journal', () => {
  let disk: SlowDisk;
  let journal: Journal;
  let begin: (epoch: number, durability: Durability, superseded: string[]) => Promise<Journal>;

  beforeEach(async () => {
    const simulated = new SimulatedDisk();
    for (const path of [DIRECTORY, '/tmp']) await simulated.mkdir(path);
    await simulated.create(`${DIRECTORY}/${old}`);
    disk = new SlowDisk(simulated);
    const { fileSystem } = disk;
    const site = { fileSystem, temporary: new TemporaryFiles(fileSystem, '/tmp'), directory: DIRECTORY };
    begin = (epoch, durability, superseded) =>
      Journal.begin(site, durability, { epoch, seq: 0, survivors: [], superseded });
    journal = await begin(2, 'strict', [old]);
  });

  /** What it asks of the disk for one thing, and all is done when that resolves. */
  async function stepsOf(work: () => Promise<void>): Promise<string[]> {
    disk.asked.length = 0;
    await work();
    expect(disk.isBusy).toBe(false);
    return [...disk.asked];
  }

  const newSegment = (name: string) => [
    'write a temporary file',
    'sync a temporary file',
    `place ${name}`,
    'sync the directory',
  ];
  const append = () => journal.append([put(metaKey('block'), 'value')], nothing);

  it('begins with a segment whose name is on disk before those that it supersedes go', () => {
    expect(disk.isBusy).toBe(false);
    expect(disk.asked).toEqual([...newSegment(first), `unlink ${old}`]);
  });

  it('syncs what it has written', async () => {
    expect(await stepsOf(append)).toEqual([`write ${first}`, `sync ${first}`]);
  });

  it('closes a segment once the next one is on disk', async () => {
    expect(await stepsOf(() => journal.seal(nothing))).toEqual([...newSegment(second), `close ${first}`]);
  });

  it('syncs what was written in a relaxed manner before the next segment begins', async () => {
    journal = await begin(3, 'relaxed', []);
    await append();
    const [third, fourth] = [0, 1].map(index => segmentName({ epoch: 3, index }));
    expect(await stepsOf(() => journal.seal(nothing))).toEqual([
      `sync ${third}`,
      ...newSegment(String(fourth)),
      `close ${third}`,
    ]);
  });

  it('removes a segment once it is synced that all in it is applied (INV-2)', async () => {
    await append();
    await journal.seal(nothing);
    expect(await stepsOf(() => journal.applied(1))).toEqual([`write ${second}`, `sync ${second}`, `unlink ${first}`]);
  });

  it('closes its last file, having left a segment without any batch', async () => {
    await append();
    expect(await stepsOf(() => journal.finish())).toEqual([
      ...newSegment(second),
      `close ${first}`,
      `unlink ${first}`,
      `close ${second}`,
    ]);
  });

  it('closes its file when it is abandoned, and does nothing else', async () => {
    expect(await stepsOf(() => journal.abandon())).toEqual([`close ${first}`]);
  });
});

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
