import type { IBlock } from '@blockstrata/db-core';
import type { IRawStorage } from '../storage/raw-storage.js';
import type { LogDraft } from '../storage/records.js';

/** A frozen block with these entities. */
export function block(id: string, entities: Record<string, unknown> = {}): IBlock {
  const header = Object.freeze({ id, type: 'sample', collectionId: id });
  return Object.freeze({ header, ...entities });
}

/** What a log entry is made of. */
export function draft(trxId: string, rev: number, blockIds: string[]): LogDraft {
  return { kind: 'commit', trxId, rev, blockIds, time: 1_700_000_000_000 + rev };
}

/** The whole of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The numbers of the revisions that are listed. */
export async function listedRevs(
  storage: IRawStorage,
  blockId: string,
  startRev: number,
  endRev: number,
  limit?: number,
): Promise<number[]> {
  const options = limit === undefined ? {} : { limit };
  return (await collect(storage.listRevisions(blockId, startRev, endRev, options))).map(({ rev }) => rev);
}

/** Reads again and again, each reader for itself, until what is written beside them is written. */
export async function beside(write: () => Promise<void>, ...readers: (() => Promise<void>)[]): Promise<void> {
  let writing = true;
  const stop = () => (writing = false);
  const repeat = async (read: () => Promise<void>) => {
    for (let reads = 1; writing; reads++) {
      await read();
      // Where reads answer at once, the events of an engine would never get their turn.
      if (reads % 8 === 0) await new Promise(resolve => setTimeout(resolve, 0));
    }
  };
  await Promise.all([write().finally(stop), ...readers.map(read => repeat(read).finally(stop))]);
}

/** A repeatable stream of numbers from 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that no pattern compresses or repeats (xorshift). */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 8;
  }
  return bytes;
}

/** Ids that have broken stores: names of files, of prototypes, of devices; pairs that a disk may take for one. */
export const HOSTILE_IDS: readonly (readonly [what: string, id: string])[] = [
  ['the name of a prototype', '__proto__'],
  ['the name of a constructor', 'constructor'],
  ['the name of a method of every object', 'hasOwnProperty'],
  ['a path out of the directory', '../../escape'],
  ['the parent directory', '..'],
  ['the directory itself', '.'],
  ['an absolute path', '/etc/passwd'],
  ['a Windows path', 'C:\\temp\\x'],
  ['slashes', 'a/b//c/'],
  ['a NUL', 'a\0b'],
  ['nothing but a NUL', '\0'],
  ['control characters', '\x01\n\r\t\x7f'],
  ['a device of Windows', 'CON'],
  ['a device of Windows with an extension', 'nul.txt'],
  ['a device of Windows in lower case', 'com1'],
  ['a leading dot', '.hidden'],
  ['the name of a directory of the store', '.store'],
  ['the name of a file of the store', 'meta.json'],
  ['a trailing dot', 'dot.'],
  ['trailing spaces', 'space  '],
  ['nothing but a space', ' '],
  ['a percent escape', '%2e%2e%2f'],
  ['half of an escape', 'a%'],
  ['characters that shells and file systems take', '<>:"|?*&;$`\'!~#='],
  ['upper case', 'CaseD'],
  ['lower case', 'cased'],
  ['a composed accent', '\u00e9'],
  ['a decomposed accent', 'e\u0301'],
  ['a ligature', '\ufb01'],
  ['a character outside the basic plane', '\u{1F600}\u{10FFFF}'],
  ['a byte order mark', '\ufeff'],
  ['a non-character', '\uffff'],
  ['a line separator', '\u2028'],
  ['text from right to left', '\u202e\u05d0'],
  ['256 bytes of ASCII', 'x'.repeat(256)],
  ['256 bytes that differ in the last', `${'x'.repeat(255)}y`],
  ['256 bytes of astral characters', '\u{1F600}'.repeat(64)],
  ['256 bytes of upper case', 'X'.repeat(256)],
  ['256 bytes of NULs', '\0'.repeat(256)],
  ['digits', '0'],
  ['a number', '1e3'],
  ['an empty JSON', '{}'],
];
