import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SECTOR_BYTES = 512;

/** The bytes that a folder takes up on its disk, in whole sectors as the file system gives them out. */
export async function sizeOnDisk(path: string): Promise<number> {
  const stats = await lstat(path);
  const own = stats.blocks * SECTOR_BYTES;
  if (!stats.isDirectory()) return own;
  let bytes = own;
  for (const name of await readdir(path)) bytes += await sizeOnDisk(join(path, name));
  return bytes;
}
