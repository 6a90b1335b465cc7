import { statSync } from 'node:fs';
import { syncDirectory } from './durable-files.js';

// File systems stamp a directory with a clock that stands still for some milliseconds, so that a second change soon after
// the first may not show.
const STAMP_SETTLED_MS = 50;

/**
 * Sees to it that the names in a directory are on disk. LevelDB syncs a log that it writes to, but not the directory that
 * names it: after a power cut a synced batch could be in a file that is not there (INV-1).
 */
export class DirectoryWatch {
  readonly #path: string;
  #stampMs = Number.NaN;
  #seenAtMs = 0;
  #syncedAtMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether a name may have come that no {@link sync} has covered. */
  isBehind(): boolean {
    const stampMs = statSync(this.#path).mtimeMs;
    if (stampMs !== this.#stampMs) {
      this.#stampMs = stampMs;
      this.#seenAtMs = performance.now();
      return true;
    }
    return this.#syncedAtMs - this.#seenAtMs < STAMP_SETTLED_MS;
  }

  /** Puts the names that there are now on disk. */
  async sync(): Promise<void> {
    const startedAtMs = performance.now();
    await syncDirectory(this.#path);
    this.#syncedAtMs = startedAtMs;
  }
}
