import { FRAGMENT_HEADER_BYTES, FragmentType, LOG_BLOCK_BYTES } from './fragments.js';
import { maskedCrc32c } from './masked-crc.js';

/** The bytes that append a record to a log which is `logBytes` long. */
export function encodeRecord(payload: Uint8Array, logBytes: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let offset = logBytes;
  let rest = payload;
  for (let first = true; first || rest.length > 0; first = false) {
    const left = LOG_BLOCK_BYTES - (offset % LOG_BLOCK_BYTES);
    if (left < FRAGMENT_HEADER_BYTES) {
      pieces.push(new Uint8Array(left));
      offset += left;
    }
    const room = LOG_BLOCK_BYTES - (offset % LOG_BLOCK_BYTES) - FRAGMENT_HEADER_BYTES;
    const part = rest.subarray(0, room);
    rest = rest.subarray(room);
    pieces.push(encodeFragment(part, typeOf(first, rest.length === 0)));
    offset += FRAGMENT_HEADER_BYTES + part.length;
  }
  return Buffer.concat(pieces);
}

function typeOf(first: boolean, last: boolean): number {
  if (first) return last ? FragmentType.full : FragmentType.first;
  return last ? FragmentType.last : FragmentType.middle;
}

function encodeFragment(part: Uint8Array, type: number): Uint8Array {
  const fragment = new Uint8Array(FRAGMENT_HEADER_BYTES + part.length);
  const view = new DataView(fragment.buffer);
  fragment[6] = type;
  fragment.set(part, FRAGMENT_HEADER_BYTES);
  view.setUint16(4, part.length, true);
  view.setUint32(0, maskedCrc32c(fragment.subarray(6)), true);
  return fragment;
}
