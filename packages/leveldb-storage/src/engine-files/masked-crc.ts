import crc32c from 'crc-32/crc32c.js';

const MASK_DELTA = 0xa282ead8;

/** The CRC-32C of some bytes, as LevelDB stores it: turned right by 15 bits, and a constant added. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes, 0);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
