import { DEFAULT_LIMITS, type IBlock, type Transform } from '@blockstrata/db-core';
import { EncodedBlock, EncodedTransform } from '../../../src/storage/encoded/encoded-transform.js';
import { encodeStored } from '../../../src/storage/encoded/encoded-value.js';
import { TransformScanner } from '../../../src/storage/encoded/transform-scanner.js';

const ELEMENTS_MAX = 1_000_000;

function scannerOf(value: unknown): TransformScanner {
  return new TransformScanner(encodeStored(value), ELEMENTS_MAX, 'a', DEFAULT_LIMITS);
}

/** A transform of block `a` as it arrives, encoded. */
export function encodedTransform(value: Transform): EncodedTransform {
  const scanned = scannerOf(value).transform('transform');
  if (!(scanned instanceof EncodedTransform)) throw new TypeError('it was decoded');
  return scanned;
}

/** A copy of block `a` as it arrives, encoded. */
export function encodedBlock(value: IBlock): EncodedBlock {
  const scanned = scannerOf(value).block('block');
  if (!(scanned instanceof EncodedBlock)) throw new TypeError('it was decoded');
  return scanned;
}
