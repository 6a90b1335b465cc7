import { logKey, metaKey, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../../../test/simulation/simulated-disk/simulated-disk.js';
import { LOG_SEGMENT_BYTES, LOG_SEGMENT_ENTRIES } from '../../src/bounds.js';
import { TemporaryFiles } from '../../src/file-system/temporary-files.js';
import { LogReader } from '../../src/log/log-reader.js';
import { LogWriter } from '../../src/log/log-writer.js';
import { put, removed, text } from '../driver-bench.js';

const LOG = '/log';
const first = `${LOG}/0000000000000001.jsonl`;

describe('the files of the commit log', () => {
  let disk: SimulatedDisk;
  let reader: LogReader;
  let writer: LogWriter;

  beforeEach(async () => {
    disk = new SimulatedDisk();
    for (const path of [LOG, '/tmp']) await disk.mkdir(path);
    reopen();
  });

  function reopen(): void {
    reader = new LogReader(disk, LOG);
    writer = new LogWriter({ fileSystem: disk, temporary: new TemporaryFiles(disk, '/tmp'), reader, directory: LOG });
  }

  const entries = (from: number, to: number, value = (seq: number) => `{"seq":${seq}}`): DriverWrite[] =>
    Array.from({ length: to - from + 1 }, (_, i) => put(logKey(from + i), value(from + i)));
  const content = async (path: string) => text(await disk.readFile(path));
  const listed = async (start: number, reverse = false, count = 1_000_000) => [
    ...(await reader.list(start, reverse, count)).entries.keys(),
  ];
  /** What was done to the disk by some work. */
  async function traced(work: () => Promise<void>): Promise<string[]> {
    const before = disk.trace.length;
    await work();
    return disk.trace.slice(before).map(({ kind }) => kind);
  }

  it('hold one entry a line, and are named by their first', async () => {
    await writer.apply([...entries(1, 3).reverse(), put(metaKey('a'), 'no entry')], false);
    expect(await content(first)).toBe('{"seq":1}\n{"seq":2}\n{"seq":3}\n');
    expect(text(await reader.get(2))).toBe('{"seq":2}');
    expect(await reader.get(4)).toBeUndefined();
    expect(await reader.get(0)).toBeUndefined();
  });

  it('are appended to, and synced, without being written anew', async () => {
    await writer.apply(entries(1, 3), false);
    expect(await traced(() => writer.apply(entries(4, 5), false))).toEqual(['write', 'sync']);
    expect(await listed(1)).toEqual([1, 2, 3, 4, 5]);
    reopen();
    expect(await traced(() => writer.apply(entries(6, 6), false))).toEqual(['write', 'sync']);
    expect(await content(first)).toBe([1, 2, 3, 4, 5, 6].map(seq => `{"seq":${seq}}\n`).join(''));
  });

  it('are left alone where nothing changes', async () => {
    await writer.apply(entries(1, 3), false);
    expect(await traced(() => writer.apply(entries(2, 3), false))).toEqual([]);
    expect(await traced(() => writer.apply([put(metaKey('a'), 'x')], false))).toEqual([]);
    expect(await traced(() => writer.apply([removed(logKey(9))], false))).toEqual([]);
  });

  it('are written anew where a line changes, or is torn, or a killed process may have written to them', async () => {
    await writer.apply(entries(1, 3), false);
    expect(await traced(() => writer.apply([put(logKey(2), '{"other":2}')], false))).toContain('enter');
    expect(await content(first)).toBe('{"seq":1}\n{"other":2}\n{"seq":3}\n');
    const file = await disk.open(first);
    await file.write(Buffer.from('{"se'), (await content(first)).length);
    expect(await traced(() => writer.apply(entries(4, 4), false))).toContain('enter');
    expect(await content(first)).toBe('{"seq":1}\n{"other":2}\n{"seq":3}\n{"seq":4}\n');
    expect(await traced(() => writer.apply(entries(4, 4), true))).toEqual(expect.arrayContaining(['enter', 'sync']));
  });

  it(`hold ${LOG_SEGMENT_ENTRIES} entries; the next one begins another`, async () => {
    await writer.apply(entries(1, LOG_SEGMENT_ENTRIES + 2), false);
    expect(await disk.readdir(LOG)).toHaveLength(2);
    expect(await reader.firsts()).toEqual([1, LOG_SEGMENT_ENTRIES + 1]);
    reopen();
    expect(await reader.firsts()).toEqual([1, LOG_SEGMENT_ENTRIES + 1]);
    expect(await listed(LOG_SEGMENT_ENTRIES)).toEqual([0, 1, 2].map(i => LOG_SEGMENT_ENTRIES + i));
    expect(await listed(LOG_SEGMENT_ENTRIES + 1, true, 2)).toContain(LOG_SEGMENT_ENTRIES);
    expect(text(await reader.get(LOG_SEGMENT_ENTRIES))).toBe(`{"seq":${LOG_SEGMENT_ENTRIES}}`);
    expect(text(await reader.get(LOG_SEGMENT_ENTRIES + 1))).toBe(`{"seq":${LOG_SEGMENT_ENTRIES + 1}}`);
  });

  it('end as well once they hold so many bytes, over several lives', async () => {
    const large = (seq: number) => JSON.stringify({ seq, text: 'x'.repeat(LOG_SEGMENT_BYTES / 2) });
    for (let seq = 1; seq <= 5; seq++) {
      await writer.apply(entries(seq, seq, large), false);
      reopen();
    }
    expect(await reader.firsts()).toEqual([1, 3, 5]);
    expect(await listed(1)).toEqual([1, 2, 3, 4, 5]);
  });

  it('lose the entries that are deleted, and go when none is left', async () => {
    await writer.apply(entries(1, LOG_SEGMENT_ENTRIES + 2), false);
    await writer.apply([removed(logKey(2))], false);
    expect((await content(first)).slice(0, 20)).toBe('{"seq":1}\n\n{"seq":3}');
    expect(await reader.get(2)).toBeUndefined();
    expect((await listed(1)).slice(0, 3)).toEqual([1, 3, 4]);
    await writer.apply(
      entries(LOG_SEGMENT_ENTRIES + 1, LOG_SEGMENT_ENTRIES + 2).map(({ key }) => removed(key)),
      false,
    );
    expect(await reader.firsts()).toEqual([1]);
    expect(await disk.readdir(LOG)).toEqual(['0000000000000001.jsonl']);
  });

  it('hold in base64 what would be no line of its own', async () => {
    const odd = ['', 'two\nlines', '=begins like base64', 'plain'];
    await writer.apply(
      entries(1, odd.length, seq => odd[seq - 1] ?? ''),
      false,
    );
    expect((await content(first)).split('\n')).toHaveLength(odd.length + 1);
    for (const [i, value] of odd.entries()) expect(text(await reader.get(i + 1))).toBe(value);
    await writer.apply([removed(logKey(1))], false);
    expect(await reader.get(1)).toBeUndefined();
  });

  it('leave out names that are none of theirs', async () => {
    for (const name of ['1.jsonl', '0000000000000001.json', 'x0000000000000001.jsonl', '99999999999999999.jsonl'])
      await disk.create(`${LOG}/${name}`);
    expect(await reader.firsts()).toEqual([]);
    expect(await reader.list(1, false, 10)).toEqual({ entries: new Map(), isAll: true });
    expect(await reader.list(1, true, 10)).toEqual({ entries: new Map(), isAll: true });
  });

  it('are listed as far as asked, and tell whether that was all', async () => {
    await writer.apply(entries(1, LOG_SEGMENT_ENTRIES + 2), false);
    expect((await reader.list(5, false, 3)).isAll).toBe(false);
    expect((await reader.list(LOG_SEGMENT_ENTRIES + 1, false, 3)).isAll).toBe(true);
    expect((await reader.list(LOG_SEGMENT_ENTRIES + 1, true, 1)).isAll).toBe(false);
    const { entries: down, isAll } = await reader.list(3, true, 10);
    expect([...down.keys()]).toEqual([3, 2, 1]);
    expect(isAll).toBe(true);
  });
});
