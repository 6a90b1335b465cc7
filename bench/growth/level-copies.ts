import { cpSync } from 'node:fs';
import type { Scratch } from '../harness/scratch.js';
import { openRawLevel } from '../stores/raw-level.js';

/** A copy of a closed store, for someone else to go on with. */
export function copyOf(directory: string, name: string, scratch: Scratch): string {
  const copy = scratch.fresh(name);
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** Has LevelDB merge all its tables, so that sizes and reads do not depend on when it last did. */
export async function compact(directory: string): Promise<void> {
  const db = await openRawLevel(directory);
  await db.compactRange('', '\u{10ffff}');
  await db.close();
}
