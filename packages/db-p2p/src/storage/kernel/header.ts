import { CorruptRecordError, StoreFormatError } from '@blockstrata/db-core';
import { crc32 } from '#platform';

/** The version of the format that this code reads and writes. */
export const FORMAT_VERSION = 1;

const FORMAT = 'blockstrata';

/**
 * What `close()` leaves behind at an epoch: the log reached this far, with this digest. A log only grows, so the mark
 * holds for good, and stays in the header until the next clean shutdown: a refused open does not use it up.
 */
export type CleanMark = { readonly seq: number; readonly digest: string; readonly epoch: number };

/** The header of a store. */
export type StoreHeader = {
  readonly version: number;
  readonly storeId: string;
  /** Raised at every open, so that what an earlier owner left can be told apart (INV-10). */
  readonly epoch: number;
  readonly clean?: CleanMark;
};

/** The stored bytes of a header: one line of JSON. */
export function encodeHeader({ version, storeId, epoch, clean }: StoreHeader): Uint8Array {
  const fields = JSON.stringify({ format: FORMAT, version, storeId, epoch, clean });
  return new TextEncoder().encode(`{"header":${fields},"crc32":${crc32(fields)}}\n`);
}

/**
 * The header in stored bytes.
 *
 * @throws StoreFormatError if it is newer than this code, or no header of ours.
 * @throws CorruptRecordError if it is damaged.
 */
export function decodeHeader(store: string, bytes: Uint8Array): StoreHeader {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CorruptRecordError(`the header of ${store}`, 'it is no JSON', { cause });
  }
  const { header, crc32: stored } = Object(parsed) as {
    header?: Partial<StoreHeader> & { format?: string };
    crc32?: unknown;
  };
  if (crc32(JSON.stringify(header) ?? '') !== stored) {
    // A newer format may be sealed in another way; then its version is all that can be believed.
    if (header?.format === FORMAT && Number(header.version) > FORMAT_VERSION)
      throw newer(store, Number(header.version));
    if (header === undefined) throw new StoreFormatError(store, 'is no store of this kind');
    throw new CorruptRecordError(`the header of ${store}`, 'its checksum does not match');
  }
  if (header?.format !== FORMAT) throw new StoreFormatError(store, 'is no store of this kind');
  if (header.version !== FORMAT_VERSION) throw newer(store, Number(header.version));
  return header as StoreHeader;
}

function newer(store: string, version: number): StoreFormatError {
  return new StoreFormatError(
    store,
    `has format version ${version}, and this program reads ${FORMAT_VERSION}: update it`,
  );
}
