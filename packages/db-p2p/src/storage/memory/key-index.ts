import type { BlockId } from '@blockstrata/db-core';
import { keyPrefix, logKey, revKey, type RecordKey, type RecordKind } from '../driver/record-key.js';
import type { ScanRange } from '../driver/store-driver.js';
import { SortedKeys } from './sorted-keys.js';

/**
 * The order of the records of one kind: of each block by itself, so that a change of one block never costs by the
 * number of the others, and of the blocks among themselves.
 */
export class KeyIndex {
  readonly #kind: RecordKind;
  readonly #isLive: (key: string) => boolean;
  readonly #groups = new Map<string, SortedKeys>();
  readonly #order = new SortedKeys(prefix => this.#groups.has(prefix));

  constructor(kind: RecordKind, isLive: (key: string) => boolean) {
    this.#kind = kind;
    this.#isLive = isLive;
  }

  /** Adds a key that was not there. */
  add(key: RecordKey): void {
    const prefix = groupOf(key);
    let group = this.#groups.get(prefix);
    if (group === undefined) {
      this.#groups.set(prefix, (group = new SortedKeys(this.#isLive)));
      this.#order.add(prefix);
    }
    group.add(key.encoded);
  }

  /** Takes note that a key that was there is gone. */
  remove(key: RecordKey): void {
    const prefix = groupOf(key);
    const group = this.#groups.get(prefix);
    group?.remove();
    if (group?.size === 0) {
      this.#groups.delete(prefix);
      this.#order.remove();
    }
  }

  /** The encoded keys that a scan visits, in its order. */
  *scan(range: ScanRange): Generator<string> {
    const { low, end } = boundsOf(range);
    for (const prefix of this.#prefixes(range)) {
      const group = this.#groups.get(prefix);
      if (group === undefined) continue;
      if (range.reverse === true) {
        for (const key of group.descending(end)) {
          if (key < low) break;
          yield key;
        }
      } else {
        for (const key of group.ascending(low)) {
          if (key >= end) break;
          yield key;
        }
      }
    }
  }

  *#prefixes({ kind, blockId, after, reverse }: ScanRange): Generator<string> {
    if (!isGrouped(this.#kind)) yield keyPrefix(kind);
    else if (blockId !== undefined) yield keyPrefix(kind, blockId);
    else if (reverse !== true) yield* this.#order.ascending(after === undefined ? '' : groupOf(after));
    else yield* this.#order.descending(after === undefined ? undefined : above(groupOf(after)));
  }
}

function groupOf(key: RecordKey): string {
  return key.kind === 'log' || key.kind === 'meta' ? keyPrefix(key.kind) : keyPrefix(key.kind, key.blockId);
}

function isGrouped(kind: RecordKind): boolean {
  return kind !== 'log' && kind !== 'meta';
}

/** What a scan visits lies at or above `low`, and below `end`. */
function boundsOf({ kind, blockId, from, to, after, reverse }: ScanRange): { low: string; end: string } {
  const whole = keyPrefix(kind, blockId);
  const low = from === undefined ? whole : numbered(kind, blockId, from);
  const end = to === undefined ? `${whole}\uffff` : above(numbered(kind, blockId, to));
  if (after === undefined) return { low, end };
  if (reverse === true) return { low, end: after.encoded < end ? after.encoded : end };
  return { low: after.encoded < low ? low : above(after.encoded), end };
}

function numbered(kind: RecordKind, blockId: BlockId | undefined, number: number): string {
  if (kind === 'log') return logKey(number).encoded;
  if (kind === 'rev' && blockId !== undefined) return revKey(blockId, number).encoded;
  throw new TypeError(`a scan of ${kind} records has no numbers`);
}

/** The least string above `key`. */
function above(key: string): string {
  return `${key}\0`;
}
