import { truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory, syncFile } from '../durable-files.js';
import { CURRENT_NAME } from './file-names.js';

/**
 * What a power cut can leave that LevelDB refuses to open, or opens without its last log, though nothing is lost:
 * - `cut`: the tail of a manifest is torn, or names tables that are not there yet. LevelDB acts on what it says only once
 *   it is on disk, and so are they.
 * - `repoint`: there is a whole manifest above the one that CURRENT names. LevelDB removes what that one names only after
 *   CURRENT names the next, so the rename of CURRENT was lost, and some of those files may be gone.
 * - `restart`: the first manifest, which LevelDB does not sync, is gone or empty, and there is nothing beside it.
 */
export type Mend =
  | { readonly kind: 'cut'; readonly manifest: string; readonly bytes: number }
  | { readonly kind: 'repoint'; readonly manifest: string }
  | { readonly kind: 'restart' };

/** Applies a mend; only for who has made sure that nobody else has the store. Durable when it resolves. */
export async function applyMend(directory: string, mend: Mend): Promise<void> {
  switch (mend.kind) {
    case 'cut': {
      const path = join(directory, mend.manifest);
      await truncate(path, mend.bytes);
      return syncFile(path);
    }
    case 'repoint':
      return replaceFile(join(directory, CURRENT_NAME), new TextEncoder().encode(`${mend.manifest}\n`));
    case 'restart':
      await unlink(join(directory, CURRENT_NAME));
      return syncDirectory(directory);
  }
}
