import type { FileSystem } from '@blockstrata/file-storage';
import { passThrough } from './pass-through.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** A disk that gives back another bit than was written, when it is read for the nth time. */
export type FlippedRead = {
  readonly files: FileSystem;
  /** The file, and the place in it; `undefined`: it was not read so often, or there was nothing to flip. */
  readonly flipped: () => string | undefined;
};

/**
 * Flips one bit of what the nth read (from 1) gives back; with `stays` the medium itself has it flipped from then on, so
 * that every later read finds the same.
 *
 * @param at which byte, as a fraction of the file
 */
export function withFlippedRead(
  disk: SimulatedDisk,
  { nth, at, bit, stays }: { nth: number; at: number; bit: number; stays: boolean },
): FlippedRead {
  let reads = 0;
  let what: string | undefined;
  const read = (path: string, bytes: Uint8Array): Uint8Array => {
    if (++reads !== nth || bytes.length === 0) return bytes;
    const position = Math.floor(at * bytes.length);
    what = `bit ${bit} of byte ${position} of ${path}`;
    if (stays) disk.flipIn(path, position, bit);
    return Uint8Array.from(bytes).with(position, (bytes[position] ?? 0) ^ (1 << bit));
  };
  const files: FileSystem = {
    ...passThrough(disk),
    readFile: async path => read(path, await disk.readFile(path)),
    readFileSync: (path, bytesMax) => {
      const bytes = disk.readFileSync(path, bytesMax);
      return bytes && read(path, bytes);
    },
  };
  return { files, flipped: () => what };
}
