import { CorruptRecordError, StorageIoError } from '@blockstrata/db-core';
import { metaKey, logKey, revKey, trxKey, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../../../test/simulation/simulated-disk/simulated-disk.js';
import { nameOfId } from '../../src/layout/name-of-id.js';
import { TreePlaces } from '../../src/layout/tree-places.js';
import { Layer } from '../../src/overlay/layer.js';
import { Listings } from '../../src/tree/listings.js';
import { put, removed } from '../driver-bench.js';

const ROOT = '/store';
const LONG = 'long'.repeat(60);

/** A disk that counts what is listed on it, and on which a listing can be held up. */
class CountingDisk extends SimulatedDisk {
  readonly listed: string[] = [];
  held: Promise<void> | undefined;

  override async readdir(path: string): Promise<string[]> {
    this.listed.push(path);
    const names = await super.readdir(path);
    await this.held;
    return names;
  }
}

function layerOf(...writes: DriverWrite[]): Layer {
  const layer = new Layer();
  for (const write of writes) layer.put(write);
  return layer;
}

describe('the listings of the tree', () => {
  let disk: CountingDisk;
  let listings: Listings;

  beforeEach(async () => {
    disk = new CountingDisk();
    listings = new Listings(disk, new TreePlaces(disk, ROOT), ROOT);
    for (const path of [ROOT, `${ROOT}/.store`, `${ROOT}/a`, `${ROOT}/a/revs`, `${ROOT}/a/trx`]) await disk.mkdir(path);
    for (const file of ['10.json', '9.json', '100.json']) await disk.create(`${ROOT}/a/revs/${file}`);
  });

  it('are sorted by number where they are numbers, and by code unit where they are names', async () => {
    for (const id of ['t10', 't9', LONG]) await disk.create(`${ROOT}/a/trx/${nameOfId(id)}.json`);
    expect(await listings.items('rev', 'a')).toEqual([9, 10, 100]);
    expect(await listings.items('trx', 'a')).toEqual([nameOfId('t10'), nameOfId('t9'), nameOfId(LONG)].sort());
  });

  it('leave out what is no record: side files, other suffixes, other numbers, the part of the store', async () => {
    for (const file of ['007.json', 'x.json', '5.id', '6', '.json', '12345678901234567.json'])
      await disk.create(`${ROOT}/a/revs/${file}`);
    for (const file of [`${nameOfId(LONG)}.id`, 'T.json', 't.json']) await disk.create(`${ROOT}/a/trx/${file}`);
    expect(await listings.items('rev', 'a')).toEqual([9, 10, 100]);
    expect(await listings.items('trx', 'a')).toEqual(['t']);
    expect(await listings.blocks()).toEqual(['a']);
  });

  it('are empty for a block, or a kind of record, that has no directory, and nothing is listed for it', async () => {
    expect(await listings.items('rev', 'nobody')).toEqual([]);
    expect(await listings.items('block', 'a')).toEqual([]);
    expect(disk.listed).toEqual([]);
  });

  it('are read once, and then kept', async () => {
    for (let time = 0; time < 3; time++) {
      await listings.items('rev', 'a');
      await listings.blocks();
    }
    expect(disk.listed).toEqual([`${ROOT}/a/revs`, ROOT]);
  });

  it('follow what is applied to the tree, without being read again', async () => {
    await listings.items('rev', 'a');
    await listings.items('trx', 'a');
    await listings.blocks();
    const before = disk.listed.length;
    listings.update(
      layerOf(
        ...[put(revKey('a', 11), 'x'), removed(revKey('a', 9)), put(revKey('a', 10), 'again')],
        ...[put(trxKey('trx', 'a', 't'), 'x'), removed(trxKey('trx', 'a', 'other'))],
        ...[put(metaKey('b'), 'x'), removed(metaKey('c')), put(logKey(1), '{}'), put(revKey('d', 1), 'x')],
      ),
    );
    expect(await listings.items('rev', 'a')).toEqual([10, 11, 100]);
    expect(await listings.items('trx', 'a')).toEqual(['t']);
    expect(await listings.blocks()).toEqual(['a', 'b', 'd']);
    expect(disk.listed).toHaveLength(before);
  });

  it('keep their order whatever comes, and hold nothing twice', async () => {
    await listings.items('rev', 'a');
    for (const rev of [50, 5, 200, 50, 10]) listings.update(layerOf(put(revKey('a', rev), 'x')));
    expect(await listings.items('rev', 'a')).toEqual([5, 9, 10, 50, 100, 200]);
  });

  it('are not kept where a layer was applied while they were read: it may have been missed', async () => {
    let release = () => {};
    disk.held = new Promise(resolve => (release = resolve));
    const reading = listings.items('rev', 'a');
    listings.update(layerOf(put(revKey('a', 11), 'x')));
    release();
    expect(await reading).toEqual([9, 10, 100]);
    disk.held = undefined;
    await disk.create(`${ROOT}/a/revs/11.json`);
    expect(await listings.items('rev', 'a')).toEqual([9, 10, 11, 100]);
    expect(disk.listed).toHaveLength(2);
  });

  it('fail with a typed error where a directory cannot be listed (INV-6)', async () => {
    disk.held = Promise.reject(Object.assign(new RangeError('EIO'), { code: 'EIO' }));
    await expect(listings.items('rev', 'a')).rejects.toThrow(StorageIoError);
  });

  describe('tell the id of a name', () => {
    const name = nameOfId(LONG);
    const side = () => `${ROOT}/a/trx/${name}.id`;

    async function write(path: string, text: string): Promise<void> {
      const file = await disk.create(path);
      await file.write(Buffer.from(text), 0);
      await file.close();
    }

    it('by the name itself, where it holds it', async () => {
      const never = () => {
        throw new RangeError('no side file is needed');
      };
      expect(await listings.idOf(nameOfId('B/..'), never)).toBe('B/..');
    });

    it('by its side file, where it is a hash', async () => {
      await write(side(), `${JSON.stringify(LONG)}\n`);
      expect(await listings.idOf(name, side)).toBe(LONG);
    });

    it.each([
      ['is missing', undefined],
      ['holds no JSON', '{'],
      ['holds no text', '7'],
      ['holds another id', '"other"'],
    ])('and refuse a side file that %s (INV-6)', async (_what, text) => {
      if (text !== undefined) await write(side(), text);
      await expect(listings.idOf(name, side)).rejects.toThrow(CorruptRecordError);
    });
  });
});
