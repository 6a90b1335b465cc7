import { ByteReader } from './byte-reader.js';

/**
 * What Snappy compressed.
 *
 * @throws RangeError if the bytes are no output of Snappy.
 */
export function decompressSnappy(compressed: Uint8Array, bytesMax: number): Uint8Array {
  const header = new ByteReader(compressed);
  const length = header.number();
  if (length > bytesMax) throw new RangeError('more bytes than a block may have');
  const output = new Uint8Array(length);
  const input = new ByteReader(compressed, header.offset);
  let end = 0;
  while (!input.atEnd) {
    const tag = input.byte();
    if ((tag & 3) === 0) {
      const literal = input.take(literalLength(tag >>> 2, input));
      output.set(literal, end);
      end += literal.length;
    } else {
      const [count, distance] = copyOf(tag, input);
      if (distance === 0 || distance > end || end + count > length) throw new RangeError('a copy of what is not there');
      // Byte by byte: a copy may run into what it is writing.
      for (const stop = end + count; end < stop; end++) output[end] = output[end - distance] ?? 0;
    }
  }
  if (end !== length) throw new RangeError('fewer bytes than announced');
  return output;
}

// Up to 60 bytes the tag itself tells the length, above it tells in how many bytes the length follows.
function literalLength(code: number, input: ByteReader): number {
  return 1 + (code < 60 ? code : input.littleEndian(code - 59));
}

function copyOf(tag: number, input: ByteReader): [count: number, distance: number] {
  if ((tag & 3) === 1) return [((tag >>> 2) & 7) + 4, ((tag >>> 5) << 8) | input.byte()];
  return [(tag >>> 2) + 1, input.littleEndian((tag & 3) === 2 ? 2 : 4)];
}
