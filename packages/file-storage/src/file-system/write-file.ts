import { StorageIoError } from '@blockstrata/db-core';
import type { FileSystem, OpenFile } from './file-system.js';

/** Writes all of `bytes` at `position`, however many calls the file system takes for it. */
export async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let written = await file.write(bytes, position);
  while (written < bytes.length) {
    const taken = await file.write(bytes.subarray(written), position + written);
    if (taken === 0) throw new StorageIoError(`write the last ${bytes.length - written} bytes of a file`, {});
    written += taken;
  }
}

/** Writes a file that is not there yet, and syncs its content; its name is durable only with its directory. */
export async function writeNewFile(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fileSystem.create(path);
  try {
    await writeFully(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
