import { maskedCrc32c } from './masked-crc.js';

/** LevelDB's logs are sequences of blocks of this many bytes; no fragment crosses from one to the next. */
export const LOG_BLOCK_BYTES = 32 * 1024;

/** What a fragment begins with: checksum (4), length (2), type (1). */
export const FRAGMENT_HEADER_BYTES = 7;

/** Which part of a record a fragment is. */
export const FragmentType = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** A part of a record, as it lies in a log. */
export type Fragment = {
  readonly broken: false;
  readonly type: number;
  readonly offset: number;
  readonly payload: Uint8Array;
};

/** Bytes of a log that are no fragment. */
export type BrokenBytes = { readonly broken: true; readonly offset: number; readonly problem: string };

/**
 * The fragments of a log, in order, and what lies between them. Where LevelDB gives up the rest of a block, this looks
 * for a further fragment at every byte of it: one that is found is what LevelDB would drop.
 */
export function* readFragments(log: Uint8Array): Generator<Fragment | BrokenBytes> {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  for (let blockStart = 0; blockStart < log.length; blockStart += LOG_BLOCK_BYTES) {
    const blockEnd = Math.min(blockStart + LOG_BLOCK_BYTES, log.length);
    let offset = blockStart;
    // What is too short for a header ends a block; at the end of the file it is a torn tail.
    while (blockEnd - offset >= FRAGMENT_HEADER_BYTES) {
      const found = fragmentAt(view, offset, blockEnd);
      yield found;
      offset = found.broken ? nextFragment(view, offset + 1, blockEnd) : endOf(found);
    }
    if (offset < blockEnd && blockEnd === log.length && blockEnd - blockStart < LOG_BLOCK_BYTES) {
      yield { broken: true, offset, problem: 'the header of a record is cut off' };
    }
  }
}

function endOf({ offset, payload }: Fragment): number {
  return offset + FRAGMENT_HEADER_BYTES + payload.length;
}

function fragmentAt(log: DataView, offset: number, end: number): Fragment | BrokenBytes {
  const length = log.getUint16(offset + 4, true);
  const type = log.getUint8(offset + 6);
  if (type === 0 && length === 0) return { broken: true, offset, problem: 'zeroes lie where a record should begin' };
  if (type < FragmentType.full || type > FragmentType.last) {
    return { broken: true, offset, problem: `a record of the unknown type ${type}` };
  }
  const start = offset + FRAGMENT_HEADER_BYTES;
  if (start + length > end)
    return { broken: true, offset, problem: 'a record is longer than what is left of its block' };
  const covered = new Uint8Array(log.buffer, log.byteOffset + offset + 6, 1 + length);
  if (maskedCrc32c(covered) !== log.getUint32(offset, true)) {
    return { broken: true, offset, problem: 'the checksum of a record does not match' };
  }
  return { broken: false, type, offset, payload: covered.subarray(1) };
}

function nextFragment(log: DataView, from: number, end: number): number {
  for (let offset = from; end - offset >= FRAGMENT_HEADER_BYTES; offset++) {
    const type = log.getUint8(offset + 6);
    if (type < FragmentType.full || type > FragmentType.last) continue;
    if (!fragmentAt(log, offset, end).broken) return offset;
  }
  return end;
}
