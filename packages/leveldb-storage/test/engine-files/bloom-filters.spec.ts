import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mayHold } from '../../src/engine-files/bloom-filters.js';
import { findBlock, tableInMemory } from '../../src/engine-files/table-blocks.js';
import { readTableIndex } from '../../src/engine-files/table-check.js';
import { temporaryDirectory } from '../raw-database.js';

const KEYS = 5000;

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

// Of all lengths modulo 4, with characters of one to four bytes.
function keyOf(i: number): string {
  return `${i}${'ä€😀z'.repeat(i % 7)}${'x'.repeat(i % 4)}`;
}

/** The index and the filters of the only table that LevelDB makes of the even keys. */
async function indexOfEvenKeys(): Promise<{ blocks: Buffer; filters: Buffer }> {
  const db = new ClassicLevel<string, string>(directory);
  await db.batch(Array.from({ length: KEYS }, (_, i) => ({ type: 'put', key: keyOf(2 * i), value: `value ${i}` })));
  await db.compactRange('', '\u{10ffff}');
  await db.close();
  const tables = (await readdir(directory)).filter(name => name.endsWith('.ldb'));
  expect(tables).toHaveLength(1);
  const index = readTableIndex(tableInMemory(await readFile(join(directory, tables[0] ?? ''))));
  if ('problem' in index || index.filters === undefined) throw new TypeError('a table without filters');
  return { blocks: Buffer.from(index.blocks), filters: Buffer.from(index.filters) };
}

describe('the filters of a table that LevelDB made', () => {
  it('let every key that is there into its block, and keep out all but a few of the others (INV-6)', async () => {
    const { blocks, filters } = await indexOfEvenKeys();
    const letIn = (i: number) => {
      const key = Buffer.from(keyOf(i));
      const block = findBlock(blocks, key);
      return block !== undefined && mayHold(filters, block.handle.offset, key);
    };
    const counts = { there: 0, absent: 0 };
    for (let i = 0; i < 2 * KEYS; i++) if (letIn(i)) counts[i % 2 === 0 ? 'there' : 'absent']++;
    expect(counts.there).toBe(KEYS);
    // LevelDB's ten bits for each key are wrong about one key in a hundred.
    expect(counts.absent).toBeLessThan(0.03 * KEYS);
    expect(counts.absent).toBeGreaterThan(0);
  });

  it('let every key in where they do not say which', async () => {
    const { filters } = await indexOfEvenKeys();
    const key = Buffer.from(keyOf(1));
    const offsetsAt = filters.length - 5;
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(filters);
      change(bytes);
      return mayHold(bytes, 0, key);
    };
    expect(mayHold(filters, 0, key)).toBe(false);
    expect(mayHold(filters, 2 ** 40, key)).toBe(true);
    expect(mayHold(filters.subarray(0, 4), 0, key)).toBe(true);
    expect(changed(bytes => bytes.writeUInt32LE(filters.length, offsetsAt))).toBe(true);
    expect(changed(bytes => bytes.writeUInt32LE(0xffffffff, filters.readUInt32LE(offsetsAt)))).toBe(true);
    const firstEnd = filters.readUInt32LE(filters.readUInt32LE(offsetsAt) + 4);
    expect(changed(bytes => (bytes[firstEnd - 1] = 31))).toBe(true);
  });
});
