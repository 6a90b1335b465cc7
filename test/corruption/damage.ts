import fc from 'fast-check';
import type { StoreImage } from './store-image.js';

/** What happens to the medium; places are fractions, of the list of files and of a file. */
export type Damage =
  | { readonly kind: 'flip'; readonly file: number; readonly at: number; readonly bit: number }
  | { readonly kind: 'zero'; readonly file: number; readonly at: number; readonly length: number }
  | { readonly kind: 'truncate'; readonly file: number; readonly at: number }
  | { readonly kind: 'swap'; readonly file: number; readonly other: number };

const fraction = fc.integer({ min: 0, max: 9_999 }).map(value => value / 10_000);

export const damages: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('flip' as const), file: fraction, at: fraction, bit: fc.nat({ max: 7 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('zero' as const),
      file: fraction,
      at: fraction,
      length: fc.constantFrom(1, 4, 64, 512, 4_096),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), file: fraction, at: fraction }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap' as const), file: fraction, other: fraction }) },
);

/** A store with one bit flipped, counted over all of its files. */
export function flipBit(image: StoreImage, bit: number): { image: StoreImage; what: string } {
  let at = Math.floor(bit / 8);
  for (const [path, content] of image) {
    if (at < content.length) {
      const bytes = Buffer.from(content);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit % 8)), at);
      return { image: new Map(image).set(path, bytes), what: `in byte ${at} of ${path}` };
    }
    at -= content.length;
  }
  throw new RangeError(`the store has no bit ${bit}`);
}

/** A store after the damage; `undefined`: it changed nothing. */
export function applyDamage(image: StoreImage, damage: Damage): { image: StoreImage; what: string } | undefined {
  const paths = [...image.keys()];
  const path = paths[Math.floor(damage.file * paths.length)] ?? '';
  const bytes = Buffer.from(image.get(path) ?? Buffer.alloc(0));
  const at = damage.kind === 'swap' ? 0 : Math.floor(damage.at * bytes.length);
  const damaged = new Map(image);
  const done = (after: Buffer, what: string) => {
    damaged.set(path, after);
    return image.get(path)?.equals(after) === true
      ? undefined
      : { image: damaged, what: `${what} of ${path} (${bytes.length} bytes)` };
  };
  switch (damage.kind) {
    case 'flip':
      if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << damage.bit), at);
      return done(bytes, `bit ${damage.bit} of byte ${at} flipped`);
    case 'zero':
      return done(
        bytes.fill(0, at, Math.min(at + damage.length, bytes.length)),
        `${damage.length} bytes at ${at} zeroed`,
      );
    case 'truncate':
      return done(bytes.subarray(0, at), `truncated to ${at} bytes`);
    case 'swap': {
      const other = paths[Math.floor(damage.other * paths.length)] ?? '';
      damaged.set(other, bytes);
      return done(image.get(other) ?? bytes, `content swapped with ${other} instead`);
    }
  }
}
