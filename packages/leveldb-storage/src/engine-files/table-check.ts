import { BLOOM_FILTERS_NAME } from './bloom-filters.js';
import { ByteReader } from './byte-reader.js';
import { entriesOf, isIntact, readBlock, readHandle, type BlockHandle, type TableBytes } from './table-blocks.js';
import { userKey } from './version-edit.js';

/** Damage in a table, and which keys it concerns: those above `above`, up to and with `upTo`. */
export type TableDamage = {
  readonly offset: number;
  readonly problem: string;
  readonly above: Uint8Array | undefined;
  readonly upTo: Uint8Array | undefined;
};

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;

/**
 * Checks every block of a table. LevelDB as it is built into classic-level checks none: it answers with what was stored
 * earlier, or that there is nothing, or ends the process.
 *
 * @param smallest the key that it begins with, where the manifest told.
 * @returns the damage, in order; all keys are concerned where the table as a whole cannot be read.
 */
export function checkTable(table: TableBytes, smallest: Uint8Array | undefined): TableDamage[] {
  return guarded(() => {
    const index = readTableIndex(table);
    return 'problem' in index ? [index] : checkData(table, index.blocks, smallest);
  });
}

/** What LevelDB reads of a table besides blocks of data. */
export type TableIndex = {
  /** Which block holds which keys. */
  readonly blocks: Uint8Array;
  /** The Bloom filters of the blocks, where LevelDB has any. */
  readonly filters: Uint8Array | undefined;
};

/** The index and the filters of a table, or what is damaged in them. */
export function readTableIndex(table: TableBytes): TableIndex | TableDamage {
  const footerOffset = table.length - FOOTER_BYTES;
  if (footerOffset < 0) return whole(0, 'it is too short for a table');
  const footer = table.at(footerOffset, FOOTER_BYTES);
  const magic = new DataView(footer.buffer, footer.byteOffset).getBigUint64(FOOTER_BYTES - 8, true);
  if (magic !== MAGIC) return whole(footerOffset, 'it does not end like a table');
  const reader = new ByteReader(footer);
  const named = readHandle(reader);
  const index = readHandle(reader);
  const namedBlock = readBlock(table, named);
  if (namedBlock === undefined) return whole(named.offset, 'the checksum of an index of filters does not match');
  let filters: Uint8Array | undefined;
  for (const { key, value } of entriesOf(namedBlock)) {
    const handle = readHandle(new ByteReader(value));
    const filter = readBlock(table, handle);
    if (filter === undefined) return whole(handle.offset, 'the checksum of a filter does not match');
    if (Buffer.from(key).toString() === BLOOM_FILTERS_NAME) filters = filter;
  }
  const blocks = readBlock(table, index);
  return blocks === undefined ? whole(index.offset, 'the checksum of the index does not match') : { blocks, filters };
}

/** Runs a check; what breaks it is damage, of all keys. */
export function guarded(check: () => TableDamage[]): TableDamage[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof RangeError) return [whole(0, 'its structure is broken')];
    throw error;
  }
}

function checkData(table: TableBytes, index: Uint8Array, smallest: Uint8Array | undefined): TableDamage[] {
  const found: TableDamage[] = [];
  let above: Uint8Array | undefined;
  for (const { key, value } of entriesOf(index)) {
    const handle = readHandle(new ByteReader(value));
    const upTo = userKey(key);
    if (!isIntact(table, handle)) found.push(damagedBlock(handle, above, upTo));
    else if (above === undefined && smallest !== undefined && !beginsWith(table, handle, smallest)) {
      return [whole(handle.offset, 'it is another table than the manifest says')];
    }
    above = upTo;
  }
  return found;
}

/** That the block of some keys is damaged. */
export function damagedBlock(
  { offset }: BlockHandle,
  above: Uint8Array | undefined,
  upTo: Uint8Array | undefined,
): TableDamage {
  return { offset, problem: 'the checksum of a block does not match', above, upTo };
}

function beginsWith(table: TableBytes, handle: BlockHandle, smallest: Uint8Array): boolean {
  const block = readBlock(table, handle);
  const first = block && entriesOf(block).next();
  return first?.done === false && Buffer.compare(userKey(first.value.key), smallest) === 0;
}

function whole(offset: number, problem: string): TableDamage {
  return { offset, problem, above: undefined, upTo: undefined };
}
