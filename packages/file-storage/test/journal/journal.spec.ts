import { StorageIoError, StoreClosedError, StorePoisonedError } from '@blockstrata/db-core';
import { metaKey, type Durability } from '@blockstrata/db-p2p/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { DiskState } from '../../../../test/simulation/simulated-disk/disk-state.js';
import { NO_FAULTS, type FaultPlan } from '../../../../test/simulation/simulated-disk/fault-plan.js';
import { SimulatedDisk } from '../../../../test/simulation/simulated-disk/simulated-disk.js';
import { TemporaryFiles } from '../../src/file-system/temporary-files.js';
import { decodeWrites } from '../../src/journal/journal-record.js';
import { Journal, type JournalStart } from '../../src/journal/journal.js';
import { recoverJournal } from '../../src/journal/recover-journal.js';
import { segmentName } from '../../src/journal/segment-name.js';
import { put, text } from '../driver-bench.js';

const DIRECTORY = '/journal';
const NOTE_BYTES = 48;

const batch = (n: number) => [put(metaKey('block'), `batch ${n}`)];
const nothing = () => undefined;
const segment = (index: number, epoch = 1) => segmentName({ epoch, index });

describe('the journal', () => {
  let disk: SimulatedDisk;
  let failing: string | undefined;

  const faults: FaultPlan = {
    next(call) {
      if (call === failing) throw Object.assign(new RangeError('EIO'), { code: 'EIO' });
    },
    takes: (bytes, state) => NO_FAULTS.takes(bytes, state),
  };

  beforeEach(async () => {
    failing = undefined;
    disk = new SimulatedDisk(new DiskState(), faults);
    for (const path of [DIRECTORY, '/tmp']) await disk.mkdir(path);
  });

  function begin(start: Partial<JournalStart> = {}, durability: Durability = 'strict'): Promise<Journal> {
    const site = { fileSystem: disk, temporary: new TemporaryFiles(disk, '/tmp'), directory: DIRECTORY };
    return Journal.begin(site, durability, { epoch: 1, seq: 0, survivors: [], superseded: [], ...start });
  }

  const segments = () => disk.readdir(DIRECTORY);
  async function recovered(): Promise<string[]> {
    const { payloads, losses } = await recoverJournal(disk, DIRECTORY);
    expect(losses).toEqual([]);
    return payloads.flatMap(payload => [...decodeWrites(payload)].map(({ value }) => text(value)));
  }
  async function traced(work: () => Promise<void>): Promise<string[]> {
    const before = disk.trace.length;
    await work();
    return disk.trace.slice(before).map(({ kind }) => kind);
  }

  it('begins with what survived, in the place of the segments before, even where one of those is gone', async () => {
    await disk.create(`${DIRECTORY}/${segment(0, 0)}`);
    const superseded = [segment(0, 0), segment(1, 0)];
    const journal = await begin({ seq: 7, survivors: [batch(8), batch(9)], superseded });
    expect(await segments()).toEqual([segment(0)]);
    expect(journal.seq).toBe(9);
    expect(await recoverJournal(disk, DIRECTORY)).toMatchObject({ epoch: 1, seq: 9 });
    await journal.append(batch(10), nothing);
    expect(journal.seq).toBe(10);
  });

  it('says of what survived that it is durable, so that damage to it is told, and needs no sync again', async () => {
    const journal = await begin({ seq: 7, survivors: [batch(8), batch(9)] }, 'relaxed');
    const first = disk.state.find(`${DIRECTORY}/${segment(0)}`)?.inode;
    const before = disk.trace.length;
    await journal.seal(nothing);
    expect(disk.trace.slice(before).filter(({ kind, inode }) => kind === 'sync' && inode === first)).toEqual([]);
    await disk.unlink(`${DIRECTORY}/${segment(1)}`);
    disk.flipIn(`${DIRECTORY}/${segment(0)}`, journal.segmentBytes * 3, 0);
    const { losses } = await recoverJournal(disk, DIRECTORY);
    expect(losses).toHaveLength(1);
  });

  it('does not begin where a segment before cannot be removed', async () => {
    await disk.create(`${DIRECTORY}/${segment(0, 0)}`);
    failing = 'unlink';
    await expect(begin({ superseded: [segment(0, 0)] })).rejects.toThrow('EIO');
  });

  it('writes a batch, syncs it, and only then says so, where it is strict (INV-1)', async () => {
    const journal = await begin();
    const order: string[] = [];
    order.push(...(await traced(() => journal.append(batch(1), () => order.push('durable')))));
    expect(order).toEqual(['durable', 'write', 'sync']);
    expect(disk.trace.at(-1)?.kind).toBe('sync');
    const relaxed = await begin({ epoch: 2 }, 'relaxed');
    expect(await traced(() => relaxed.append(batch(1), nothing))).toEqual(['write']);
  });

  it('does what it is asked in the order in which it is asked', async () => {
    const journal = await begin();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map(n => journal.append(batch(n), () => order.push(n))));
    expect(order).toEqual([1, 2, 3]);
    expect(await recovered()).toEqual(['batch 1', 'batch 2', 'batch 3']);
  });

  it('syncs the old segment before it goes on in a new one, but not twice', async () => {
    const relaxed = await begin({}, 'relaxed');
    await relaxed.append(batch(1), nothing);
    const first = disk.state.find(`${DIRECTORY}/${segment(0)}`)?.inode;
    const before = disk.trace.length;
    let sealed = 0;
    await relaxed.seal(seq => (sealed = seq));
    expect(sealed).toBe(1);
    const syncs = disk.trace.slice(before).filter(({ kind, inode }) => kind === 'sync' && inode === first);
    expect(syncs).toHaveLength(1);
    expect(relaxed.segmentBytes).toBe(NOTE_BYTES);
    const again = disk.trace.length;
    await relaxed.seal(nothing);
    const second = disk.state.find(`${DIRECTORY}/${segment(1)}`)?.inode;
    expect(disk.trace.slice(again).filter(({ kind, inode }) => kind === 'sync' && inode === second)).toEqual([]);
  });

  it('keeps sealed segments until all in them is applied, and then leaves them out', async () => {
    const journal = await begin();
    await journal.append(batch(1), nothing);
    await journal.seal(nothing);
    await journal.append(batch(2), nothing);
    expect(await segments()).toEqual([segment(0), segment(1)]);
    expect(await recovered()).toEqual(['batch 1', 'batch 2']);
    await journal.applied(1);
    expect(await segments()).toEqual([segment(1)]);
    expect(await recovered()).toEqual(['batch 2']);
    expect(disk.trace.at(-1)?.kind).toBe('leave');
  });

  describe('finished', () => {
    it.each(['rename', 'unlink'])('says so where a %s fails', async call => {
      const journal = await begin();
      await journal.append(batch(1), nothing);
      failing = call;
      await expect(journal.finish()).rejects.toThrow(StorageIoError);
      await journal.abandon();
    });

    it('is left as it is where nothing was written', async () => {
      const journal = await begin();
      expect(await traced(() => journal.finish())).toEqual([]);
      expect(await segments()).toEqual([segment(0)]);
    });

    it('is left as it is where all was applied, and the segment holds no batch', async () => {
      const journal = await begin();
      await journal.append(batch(1), nothing);
      await journal.seal(nothing);
      await journal.applied(1);
      expect(await traced(() => journal.finish())).toEqual([]);
      expect(await segments()).toEqual([segment(1)]);
    });

    it.each([
      ['survived', { survivors: [batch(1)] }, []],
      ['was written', {}, [batch(1)]],
    ])('holds nothing more of what %s, applied or not', async (_what, start, writes) => {
      for (const isApplied of [true, false]) {
        const journal = await begin({ ...start, epoch: isApplied ? 1 : 2 });
        for (const one of writes) await journal.append(one, nothing);
        if (isApplied) await journal.applied(1);
        await journal.finish();
        const names = (await segments()).filter(name => name.startsWith(segment(0, isApplied ? 1 : 2).slice(0, 16)));
        expect(names).toEqual([segment(1, isApplied ? 1 : 2)]);
        expect(disk.state.find(`${DIRECTORY}/${names[0]}`)?.node).toMatchObject({ content: { length: NOTE_BYTES } });
        expect(await recovered()).toEqual([]);
      }
    });
  });

  it.each(['write', 'sync'])('refuses all that follows after a failed %s (INV-7)', async call => {
    const journal = await begin();
    if (call === 'write') faults.takes = () => faults.next('write') ?? 0;
    failing = call;
    const failed = journal.append(batch(1), () => expect.unreachable());
    await expect(failed).rejects.toThrow(StorageIoError);
    await expect(failed).rejects.toThrow(`failed to write ${DIRECTORY}`);
    failing = undefined;
    faults.takes = bytes => bytes;
    await expect(journal.append(batch(2), () => expect.unreachable())).rejects.toThrow(StorePoisonedError);
    await expect(journal.seal(() => expect.unreachable())).rejects.toThrow(StorePoisonedError);
    await expect(journal.applied(0)).rejects.toThrow(StorePoisonedError);
    await journal.abandon();
  });

  it('is closed once, and refuses what comes after', async () => {
    const journal = await begin();
    await journal.append(batch(1), nothing);
    await journal.abandon();
    await journal.abandon();
    expect(journal.segmentBytes).toBe(0);
    const refused = journal.append(batch(2), nothing);
    await expect(refused).rejects.toThrow(StorePoisonedError);
    await expect(refused).rejects.toHaveProperty('cause', expect.any(StoreClosedError));
    expect(await recovered()).toEqual(['batch 1']);
  });
});

describe('the recovery of a journal', () => {
  it('reads only the newest epoch, and nothing that is no segment', async () => {
    const disk = new SimulatedDisk();
    for (const path of [DIRECTORY, '/tmp']) await disk.mkdir(path);
    const site = { fileSystem: disk, temporary: new TemporaryFiles(disk, '/tmp'), directory: DIRECTORY };
    for (const epoch of [2, 10]) {
      const journal = await Journal.begin(site, 'strict', { epoch, seq: 0, survivors: [], superseded: [] });
      await journal.append(batch(epoch), nothing);
    }
    for (const name of ['x', `${segment(0, 11)}.part`, `a${segment(0, 12)}`]) await disk.create(`${DIRECTORY}/${name}`);
    const { segments, epoch, seq, payloads, losses } = await recoverJournal(disk, DIRECTORY);
    expect({ segments, epoch, seq, losses }).toEqual({
      segments: [segment(0, 2), segment(0, 10)],
      epoch: 10,
      seq: 1,
      losses: [],
    });
    expect(payloads).toHaveLength(1);
  });

  it('tells of a loss where there is no segment, because a store is never without one', async () => {
    const disk = new SimulatedDisk();
    await disk.mkdir(DIRECTORY);
    for (const directory of [DIRECTORY, '/nowhere']) {
      expect(await recoverJournal(disk, directory)).toMatchObject({
        epoch: 0,
        seq: 0,
        losses: [{ record: directory }],
      });
    }
  });

  it('fails where the directory cannot be read', async () => {
    const disk = new SimulatedDisk(new DiskState(), {
      ...NO_FAULTS,
      next(call) {
        if (call === 'readdir') throw Object.assign(new RangeError('EIO'), { code: 'EIO' });
      },
    });
    await disk.mkdir(DIRECTORY);
    await expect(recoverJournal(disk, DIRECTORY)).rejects.toThrow(StorageIoError);
  });
});
