import { readCbor } from '../../cbor/cbor-reader.js';
import { CborWriter } from '../../cbor/cbor-writer.js';
import { freezeDecoded } from '../kernel/content-walk.js';

/** A value that is kept as it is encoded, until somebody needs it. */
export interface Encoded {
  /** The encoding, in parts that follow each other. */
  readonly parts: readonly Uint8Array[];
  /** The value, frozen. */
  decode(): unknown;
}

/** A stretch of bytes that holds one encoded value, which was checked. */
export class EncodedValue implements Encoded {
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(source: Uint8Array, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get byteLength(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#end);
  }

  get parts(): readonly Uint8Array[] {
    return [this.bytes];
  }

  decode(): unknown {
    return decodeEncoded(this.bytes);
  }
}

/** The value of bytes that were checked, frozen. */
export function decodeEncoded(bytes: Uint8Array): unknown {
  return freezeDecoded(readCbor(bytes, newMap));
}

/** The encoding of a value as CBOR stores write it, but for the order of keys. @throws TypeError for what no record holds. */
export function encodeStored(value: unknown): Uint8Array {
  const writer = new CborWriter({ integerMax: STORED_INTEGER_MAX });
  writer.value(value);
  return writer.take();
}

// `cbor-x` reads larger integers as BigInts, so they are written as floats.
const STORED_INTEGER_MAX = 2 ** 32 - 1;

const newMap = (): Record<string, unknown> => ({});
