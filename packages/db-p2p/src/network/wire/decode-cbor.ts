import { InvalidRequestError } from '@blockstrata/db-core';
import { readCbor } from '../../cbor/cbor-reader.js';
import { scanCbor, type ScanLimits } from './scan-cbor.js';

/**
 * The value of one DAG-CBOR message. Maps become objects without a prototype, so that no key is special; byte strings
 * are copies.
 *
 * @throws LimitExceededError · InvalidRequestError, both before anything is built (INV-12), but for text that is no UTF-8.
 */
export function decodeCbor(bytes: Uint8Array, limits: ScanLimits): unknown {
  scanCbor(bytes, limits);
  try {
    return readCbor(bytes, newMap);
  } catch (cause) {
    // What was scanned can only fail there.
    if (!(cause instanceof TypeError)) throw cause;
    throw new InvalidRequestError('message', 'holds text that is not well-formed UTF-8', { cause });
  }
}

const newMap = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;
