import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import { lowerBound } from '../tree/sorted.js';
import { entryAt, parseLines, type LogLines } from './log-lines.js';

const SUFFIX = '.jsonl';
const DIGITS = 16;
const NAME = /^([0-9]{16})\.jsonl$/;

/** Reads the files of the commit log: one entry a line, each file named by the seq of its first. */
export class LogReader {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #firsts: number[] | undefined;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /** The file that begins with an entry. */
  file(first: number): string {
    return `${this.#directory}/${String(first).padStart(DIGITS, '0')}${SUFFIX}`;
  }

  /** The first entries of all files, ascending. */
  async firsts(): Promise<readonly number[]> {
    if (this.#firsts !== undefined) return this.#firsts;
    let names: string[];
    try {
      names = await this.#fileSystem.readdir(this.#directory);
    } catch (error) {
      throw ioFailure('list', this.#directory, error);
    }
    const firsts = names.map(name => Number(NAME.exec(name)?.[1])).filter(Number.isSafeInteger);
    return (this.#firsts ??= firsts.sort((left, right) => left - right));
  }

  async get(seq: number): Promise<Uint8Array | undefined> {
    const first = startOf(await this.firsts(), seq);
    return first === undefined ? undefined : entryAt(await this.lines(first), seq);
  }

  /**
   * The entries from `start` on, in ascending or descending order: `count` of them at least, unless that is all
   * (`isAll`).
   */
  async list(
    start: number,
    reverse: boolean,
    count: number,
  ): Promise<{ entries: Map<number, Uint8Array>; isAll: boolean }> {
    const firsts = await this.firsts();
    const entries = new Map<number, Uint8Array>();
    let at = Math.max(indexOf(firsts, start), reverse ? -1 : 0);
    for (; at >= 0 && at < firsts.length && entries.size < count; at += reverse ? -1 : 1) {
      const lines = await this.lines(firsts[at] as number);
      const wanted = numbersOf(lines).filter(seq => (reverse ? seq <= start : seq >= start));
      for (const seq of reverse ? wanted.reverse() : wanted) entries.set(seq, entryAt(lines, seq) as Uint8Array);
    }
    return { entries, isAll: at < 0 || at >= firsts.length };
  }

  /** The lines of the file that begins with entry `first`. */
  async lines(first: number): Promise<LogLines> {
    return parseLines(first, await this.#read(this.file(first)));
  }

  /** Takes over which files there are after some were written (true) or removed (false). */
  update(changed: ReadonlyMap<number, boolean>): void {
    const firsts = new Set(this.#firsts);
    for (const [first, isThere] of changed) {
      if (isThere) firsts.add(first);
      else firsts.delete(first);
    }
    this.#firsts = [...firsts].sort((left, right) => left - right);
  }

  async #read(path: string): Promise<Uint8Array> {
    try {
      return await this.#fileSystem.readFile(path);
    } catch (error) {
      if (isAbsent(error)) return new Uint8Array(0);
      throw ioFailure('read', path, error);
    }
  }
}

/** The first entry of the file that `seq` belongs to. */
export function startOf(firsts: readonly number[], seq: number): number | undefined {
  return firsts[indexOf(firsts, seq)];
}

/** The index of the last number that is not greater than `seq`; -1: there is none. */
function indexOf(firsts: readonly number[], seq: number): number {
  const index = lowerBound(firsts, seq);
  return firsts[index] === seq ? index : index - 1;
}

function numbersOf({ first, lines }: LogLines): number[] {
  const seqs: number[] = [];
  for (const [index, line] of lines.entries()) if (line.length > 0) seqs.push(first + index);
  return seqs;
}
