import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchWalk } from '../../src/engine-files/batch-logs.js';
import { checkFiles } from '../../src/engine-files/check-files.js';
import { readRecords } from '../../src/engine-files/records.js';
import { onlyLog, replayed, temporaryDirectory, writeBatches } from '../raw-database.js';

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Where each record of a log begins, and where the last one ends. */
function boundaries(log: Uint8Array): number[] {
  return [...[...readRecords(log)].map(({ offset }) => offset), log.length];
}

/** Which record a byte belongs to. */
function recordAt(starts: readonly number[], offset: number): number {
  return starts.findIndex((start, i) => offset >= start && offset < (starts[i + 1] ?? 0));
}

describe('the check of a log that LevelDB wrote (INV-3, INV-6)', () => {
  const SIZES = [5, 0, 8, 2, 4];

  it('finds every record of an undamaged log, also one that spans several blocks', async () => {
    await writeBatches(directory, [10, 40_000, 3, 32_700, 100_000, 1]);
    const log = await readFile(await onlyLog(directory));
    expect([...readRecords(log)].map(({ kind }) => kind)).toEqual(new Array(6).fill('record'));
    expect((await checkFiles(directory)).findings).toEqual([]);
  });

  it('refuses a flip in any byte but those of the last record, and LevelDB itself would have lost a batch', async () => {
    await writeBatches(directory, SIZES);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const starts = boundaries(log);
    for (let offset = 0; offset < log.length; offset++) {
      const damaged = new Uint8Array(log);
      damaged[offset] = (damaged[offset] ?? 0) ^ (1 << (offset % 8));
      await writeFile(path, damaged);
      const { findings } = await checkFiles(directory);
      const record = recordAt(starts, offset);
      if (record < SIZES.length - 1) {
        expect(findings, `byte ${offset}`).toMatchObject([{ record: `${basename(path)} at byte ${starts[record]}` }]);
        if (offset % 5 === 0) expect(await replayed(directory, SIZES.length)).not.toEqual([2, 2, 2, 2, 2]);
      } else {
        expect(findings, `byte ${offset}`).toEqual([]);
        // What is accepted loses the damaged record at most, and never a part of one (INV-2).
        expect(await replayed(directory, SIZES.length), `byte ${offset}`).toEqual([2, 2, 2, 2, 0]);
      }
    }
  });

  it('accepts a log that was cut anywhere, and LevelDB replays whole batches up to there', async () => {
    await writeBatches(directory, SIZES);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const starts = boundaries(log);
    for (let length = 0; length <= log.length; length++) {
      await writeFile(path, log.subarray(0, length));
      expect((await checkFiles(directory)).findings, `length ${length}`).toEqual([]);
      const whole = starts.filter(start => start <= length).length - 1;
      const expected = SIZES.map((_, i) => (i < whole ? 2 : 0));
      expect(await replayed(directory, SIZES.length), `length ${length}`).toEqual(expected);
    }
  });

  it('accepts a tail of zeroes from anywhere, as a power cut leaves it', async () => {
    await writeBatches(directory, SIZES);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const starts = boundaries(log);
    for (let length = 0; length <= log.length; length++) {
      await writeFile(path, new Uint8Array(log).fill(0, length));
      expect((await checkFiles(directory)).findings, `from ${length}`).toEqual([]);
      const found = await replayed(directory, SIZES.length);
      const whole = starts.filter(start => start <= length).length - 1;
      expect(found.slice(0, whole), `from ${length}`).toEqual(new Array(whole).fill(2));
      // A record may end in zeroes of its own: then it is whole even though the zeroes begin within it.
      expect(found.slice(whole + 1), `from ${length}`).toEqual(
        new Array(Math.max(0, SIZES.length - whole - 1)).fill(0),
      );
    }
  });

  it('refuses zeroes that a record follows, within a block and over whole blocks', async () => {
    await writeBatches(directory, [...SIZES, 70_000, 5]);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const starts = boundaries(log);
    for (const [from, to] of [
      [0, 7],
      [0, starts[2]],
      [starts[1], starts[4]],
      [0, 32_768],
      [starts[5], 65_536],
    ]) {
      await writeFile(path, new Uint8Array(log).fill(0, from, to));
      expect((await checkFiles(directory)).findings, `${from}–${to}`).not.toEqual([]);
    }
  });

  it('refuses any damage to a record of several blocks that another one follows', async () => {
    await writeBatches(directory, [10, 50_000, 5]);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const [, from = 0, to = 0] = boundaries(log);
    const edges = [from, from + 1, from + 6, 32_767, 32_768, 32_774, 65_535, 65_536, 65_542, to - 1];
    const inner = Array.from({ length: 60 }, (_, i) => from + Math.floor(((to - from) * i) / 60));
    for (const offset of new Set([...edges, ...inner])) {
      const damaged = new Uint8Array(log);
      damaged[offset] = (damaged[offset] ?? 0) ^ 1;
      await writeFile(path, damaged);
      expect((await checkFiles(directory)).findings, `byte ${offset}`).not.toEqual([]);
    }
  });

  it('refuses a log from which whole batches were taken out, because their sequence numbers are missing', async () => {
    await writeBatches(directory, SIZES);
    const path = await onlyLog(directory);
    const log = await readFile(path);
    const starts = boundaries(log);
    for (let from = 0; from < SIZES.length - 1; from++) {
      await writeFile(path, Buffer.concat([log.subarray(0, starts[from]), log.subarray(starts[from + 1])]));
      expect((await checkFiles(directory)).findings[0]?.problem).toMatch(/are missing before it/);
    }
  });

  it('refuses a store whose log is gone', async () => {
    await writeBatches(directory, SIZES);
    await rm(await onlyLog(directory));
    expect((await checkFiles(directory)).findings).toMatchObject([{ problem: 'it is missing' }]);
  });
});

describe('batches over several logs', () => {
  it('accepts a torn end of a log only if no batch follows in the next one (INV-3)', async () => {
    await writeBatches(directory, [10, 10]);
    const log = await readFile(await onlyLog(directory));
    const [, second = 0] = boundaries(log);
    const [head, tail] = [log.subarray(0, second), log.subarray(second)];
    const whole = new BatchWalk(1);
    expect([...whole.through('1.log', head), ...whole.through('2.log', tail)]).toEqual([]);
    const torn = new BatchWalk(1);
    expect(torn.through('1.log', head.subarray(0, second - 1))).toEqual([]);
    expect(torn.through('2.log', tail)).toMatchObject([{ record: '1.log at byte 0' }]);
  });

  it('tells of a torn end that a later log follows where it is, whatever damage its own log begins with (INV-6)', async () => {
    await writeBatches(directory, [10, 10, 10, 10]);
    const log = await readFile(await onlyLog(directory));
    const [, , third = 0, fourth = 0] = boundaries(log);
    const damaged = Buffer.from(log.subarray(0, fourth - 1));
    damaged[10] = (damaged[10] ?? 0) ^ 1;
    const walk = new BatchWalk(1);
    expect(walk.through('1.log', damaged)).toMatchObject([{ record: '1.log at byte 0' }]);
    expect(walk.through('2.log', log.subarray(fourth))).toMatchObject([{ record: `1.log at byte ${third}` }]);
  });

  it('takes bytes inside a torn record that look like an old batch for what they are', async () => {
    await writeBatches(directory, [10, 10, 10]);
    const log = await readFile(await onlyLog(directory));
    const [, second = 0, third = 0] = boundaries(log);
    const embedded = Buffer.concat([log.subarray(0, third), Buffer.from([1, 2, 3]), log.subarray(0, second)]);
    expect(new BatchWalk(1).through('1.log', embedded)).toEqual([]);
  });
});
