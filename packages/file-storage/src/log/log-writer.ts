import type { DriverWrite } from '@blockstrata/db-p2p/storage';
import { LOG_SEGMENT_BYTES, LOG_SEGMENT_ENTRIES } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure } from '../file-system/io-failure.js';
import type { TemporaryFiles } from '../file-system/temporary-files.js';
import { writeFully } from '../file-system/write-file.js';
import { joinLines, lineOf, setLine, type LogLines } from './log-lines.js';
import { startOf, type LogReader } from './log-reader.js';

/** What the commit log is written with. */
export type LogSite = {
  readonly fileSystem: FileSystem;
  readonly temporary: TemporaryFiles;
  readonly reader: LogReader;
  readonly directory: string;
};

/** A file of the log while it is changed; `bytes` is that of its lines. */
type Edit = { readonly before: LogLines; readonly lines: Uint8Array[]; bytes: number; isRewritten: boolean };

/**
 * Brings entries into the files of the commit log. What follows the last line is appended to its file; any other change
 * replaces the file. Until all is synced the journal holds it too, so a torn line at the end is written again.
 */
export class LogWriter {
  readonly #site: LogSite;

  constructor(site: LogSite) {
    this.#site = site;
  }

  /**
   * Applies the log entries among `writes`, and syncs them.
   *
   * @param recovering a killed process may have written some of them, and synced none: the files are written anew.
   */
  async apply(writes: Iterable<DriverWrite>, recovering: boolean): Promise<void> {
    const entries = sortedEntries(writes);
    if (entries.length === 0) return;
    const { directory, fileSystem, reader } = this.#site;
    try {
      const edits = await this.#edit(entries);
      let isNew = false;
      for (const [first, edit] of edits) {
        if (await this.#write(first, edit, recovering)) isNew = true;
      }
      if (isNew || recovering) await fileSystem.syncDirectory(directory);
      reader.update(new Map([...edits].map(([first, { lines }]) => [first, lines.length > 0])));
    } catch (error) {
      throw ioFailure('write', directory, error);
    }
  }

  async #edit(entries: readonly [number, Uint8Array | undefined][]): Promise<Map<number, Edit>> {
    const firsts = [...(await this.#site.reader.firsts())];
    const edits = new Map<number, Edit>();
    for (const [seq, entry] of entries) {
      const start = startOf(firsts, seq);
      let edit = start === undefined ? undefined : (edits.get(start) ?? (await this.#load(start)));
      if (start !== undefined && edit !== undefined) edits.set(start, edit);
      if (edit === undefined || !belongs(edit, seq)) {
        if (entry === undefined) continue;
        edit = newEdit({ first: seq, lines: [], bytes: 0, isTorn: false });
        edits.set(seq, edit);
        firsts.push(seq);
        firsts.sort((left, right) => left - right);
      }
      change(edit, seq, entry);
    }
    return edits;
  }

  async #load(first: number): Promise<Edit> {
    return newEdit(await this.#site.reader.lines(first));
  }

  /** Whether the names in the directory have changed. */
  async #write(first: number, edit: Edit, recovering: boolean): Promise<boolean> {
    const { fileSystem, reader, temporary } = this.#site;
    const path = reader.file(first);
    const { before, lines } = edit;
    if (lines.length === 0) {
      if (before.lines.length > 0) await fileSystem.unlink(path);
      return true;
    }
    if (edit.isRewritten || before.isTorn || recovering || before.lines.length === 0) {
      await temporary.place(path, joinLines(lines));
      return true;
    }
    if (lines.length > before.lines.length)
      await this.#append(path, before, joinLines(lines.slice(before.lines.length)));
    return false;
  }

  async #append(path: string, before: LogLines, bytes: Uint8Array): Promise<void> {
    const file = await this.#site.fileSystem.open(path);
    try {
      await writeFully(file, bytes, before.bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

function sortedEntries(writes: Iterable<DriverWrite>): [number, Uint8Array | undefined][] {
  const entries: [number, Uint8Array | undefined][] = [];
  for (const { key, value } of writes) if (key.kind === 'log') entries.push([key.seq, value && lineOf(value)]);
  return entries.sort(([left], [right]) => left - right);
}

function newEdit(before: LogLines): Edit {
  return { before, lines: [...before.lines], bytes: before.bytes, isRewritten: false };
}

/** Whether an entry has its line in a file, or may get it at the end. */
function belongs({ before, lines, bytes }: Edit, seq: number): boolean {
  const offset = seq - before.first;
  return offset < lines.length || (offset < LOG_SEGMENT_ENTRIES && bytes < LOG_SEGMENT_BYTES);
}

function change(edit: Edit, seq: number, entry: Uint8Array | undefined): void {
  const { before, lines } = edit;
  const offset = seq - before.first;
  const old = lines[offset];
  if (offset < before.lines.length && (entry === undefined || old === undefined || Buffer.compare(old, entry) !== 0)) {
    edit.isRewritten = true;
  }
  const blanks = Math.max(0, offset - lines.length);
  edit.bytes += blanks + (entry?.length ?? 0) + 1 - (old === undefined ? 0 : old.length + 1);
  setLine(lines, offset, entry);
}
