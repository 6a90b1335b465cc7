import { keyPrefix, logKey, revKey, type ScanRange } from '@blockstrata/db-p2p/storage';

/** One end of a range of encoded keys; bytes where LevelDB's own tables end, which need not be text. */
export type KeyBound = { readonly key: string | Uint8Array; readonly inclusive: boolean };

/** A range of encoded keys, and from which end it is read. */
export type KeyBounds = { readonly lower: KeyBound; readonly upper: KeyBound; readonly reverse: boolean };

/** Above whatever can follow the prefix of a kind, or of a kind and a block: lengths and digits are below it. */
export const ABOVE_ALL = '\uffff';

/** Where the records of a scan lie. */
export function boundsOf(range: ScanRange): KeyBounds {
  const { reverse = false, after, from, to } = range;
  const prefix = keyPrefix(range.kind, range.blockId);
  const behind = after === undefined ? undefined : { key: after.encoded, inclusive: false };
  const lower = { key: from === undefined ? prefix : numbered(range, from), inclusive: true };
  const upper =
    to === undefined ? { key: prefix + ABOVE_ALL, inclusive: false } : { key: numbered(range, to), inclusive: true };
  return { lower: reverse ? lower : (behind ?? lower), upper: reverse ? (behind ?? upper) : upper, reverse };
}

/** The bytes of an end of a range. */
export function bytesOf({ key }: KeyBound): Buffer {
  return Buffer.from(key);
}

/** The options of LevelDB's iterator. */
export function iteratorRange({ lower, upper, reverse }: KeyBounds): Record<string, string | Uint8Array | boolean> {
  return {
    [lower.inclusive ? 'gte' : 'gt']: lower.key,
    [upper.inclusive ? 'lte' : 'lt']: upper.key,
    reverse,
  };
}

function numbered({ kind, blockId }: ScanRange, value: number): string {
  if (kind === 'log') return logKey(value).encoded;
  if (kind === 'rev' && blockId !== undefined) return revKey(blockId, value).encoded;
  throw new TypeError(`a scan of ${kind}${blockId === undefined ? '' : ' of one block'} has no numbers to bound`);
}
