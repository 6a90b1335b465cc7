import { ByteReader } from './byte-reader.js';
import { isIntact, readBlock, readHandle, type BlockHandle } from './table-blocks.js';
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
export function checkTable(table: Uint8Array, smallest: Uint8Array | undefined): TableDamage[] {
  try {
    return checkBlocks(table, smallest);
  } catch (error) {
    if (error instanceof RangeError) return [whole(0, 'its structure is broken')];
    throw error;
  }
}

function checkBlocks(table: Uint8Array, smallest: Uint8Array | undefined): TableDamage[] {
  const footerOffset = table.length - FOOTER_BYTES;
  const footer = table.subarray(Math.max(0, footerOffset));
  const magic =
    footerOffset < 0 ? 0n : new DataView(footer.buffer, footer.byteOffset).getBigUint64(FOOTER_BYTES - 8, true);
  if (magic !== MAGIC) return [whole(Math.max(0, footerOffset), 'it does not end like a table')];
  const reader = new ByteReader(footer);
  const filters = readHandle(reader);
  const index = readHandle(reader);
  for (const handle of [filters, index]) {
    if (!isIntact(table, handle)) return [whole(handle.offset, 'the checksum of an index does not match')];
  }
  for (const { value } of readBlock(table, filters)) {
    const filter = readHandle(new ByteReader(value));
    if (!isIntact(table, filter)) return [whole(filter.offset, 'the checksum of a filter does not match')];
  }
  return checkData(table, index, smallest);
}

function checkData(table: Uint8Array, index: BlockHandle, smallest: Uint8Array | undefined): TableDamage[] {
  const found: TableDamage[] = [];
  let above: Uint8Array | undefined;
  for (const { key, value } of readBlock(table, index)) {
    const handle = readHandle(new ByteReader(value));
    const upTo = userKey(key);
    if (!isIntact(table, handle)) {
      found.push({ offset: handle.offset, problem: 'the checksum of a block does not match', above, upTo });
    } else if (smallest !== undefined && above === undefined && !beginsWith(table, handle, smallest)) {
      return [whole(handle.offset, 'it is another table than the manifest says')];
    }
    above = upTo;
  }
  return found;
}

function beginsWith(table: Uint8Array, handle: BlockHandle, smallest: Uint8Array): boolean {
  const first = readBlock(table, handle).next();
  return first.done !== true && Buffer.compare(userKey(first.value.key), smallest) === 0;
}

function whole(offset: number, problem: string): TableDamage {
  return { offset, problem, above: undefined, upTo: undefined };
}
