import { CborWriter, type CborStyle } from '../../cbor/cbor-writer.js';

/**
 * The one DAG-CBOR encoding of a value: what a block may hold, and maps of it. Members that are `undefined` are left out;
 * the order of keys is no part of a value.
 *
 * @throws TypeError for a value that has no encoding, which is a mistake in this library: what callers pass is checked.
 */
export function encodeCbor(value: unknown): Uint8Array {
  const writer = new CborWriter(DAG_CBOR);
  writer.value(value);
  return writer.take();
}

const DAG_CBOR: CborStyle = { integerMax: Number.MAX_SAFE_INTEGER, sortKeys };
const utf8 = new TextEncoder();

/** Shorter keys come first, equally long ones in the order of their UTF-8 bytes. */
function sortKeys(keys: string[]): void {
  if (keys.every(isAscii)) {
    keys.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return;
  }
  const encoded = new Map(keys.map(key => [key, utf8.encode(key)]));
  keys.sort((a, b) => compareBytes(encoded.get(a) as Uint8Array, encoded.get(b) as Uint8Array));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
