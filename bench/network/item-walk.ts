import { isUtf8 } from 'node:buffer';

/** One revision in a chunk of an archive, and where in it its transform lies. */
export type WalkedItem = {
  readonly rev: number;
  readonly base: number | null;
  readonly trxId: string;
  readonly start: number;
  readonly end: number;
};

/** The items of a chunk, found by the heads of their values: the least that a reader of docs/protocol.md must do. */
export function* walkItems(chunk: Uint8Array): Iterable<WalkedItem> {
  const walk = new Walk(chunk);
  for (let left = walk.head(); left > 0; left--) {
    const members = walk.head();
    const rev = walk.head();
    const base = walk.nullOrHead();
    const trxId = walk.text();
    const start = walk.at;
    walk.skip();
    const end = walk.at;
    if (members === 5) walk.skip();
    yield { rev, base, trxId, start, end };
  }
}

const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;
const NULL = 0xf6;

class Walk {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The number in a head. */
  head(): number {
    const minor = (this.#bytes[this.at++] ?? 0) & 31;
    if (minor < 24) return minor;
    const width = 1 << (minor - 24);
    this.at += width;
    if (width < 8) return this.#bytes.readUIntBE(this.at - width, width);
    return this.#bytes.readUInt32BE(this.at - 8) * 2 ** 32 + this.#bytes.readUInt32BE(this.at - 4);
  }

  nullOrHead(): number | null {
    if (this.#bytes[this.at] !== NULL) return this.head();
    this.at++;
    return null;
  }

  text(): string {
    const length = this.head();
    return this.#bytes.toString('latin1', this.at, (this.at += length));
  }

  skip(): void {
    const major = (this.#bytes[this.at] ?? 0) >> 5;
    const argument = this.head();
    if (major === TEXT && !isUtf8(this.#bytes.subarray(this.at, this.at + argument)))
      throw new RangeError('it is no text');
    if (major === TEXT || major === TEXT - 1) this.at += argument;
    else if (major === ARRAY) for (let left = argument; left > 0; left--) this.skip();
    else if (major === MAP) for (let left = 2 * argument; left > 0; left--) this.skip();
    else if (major === SIMPLE + 1) throw new RangeError('it is no value');
  }
}
