import { readdirSync, statSync } from 'node:fs';
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
  /** Names that were there before a {@link sync} that has ended began. */
  #synced: ReadonlySet<string> = new Set();
  #stampMs = Number.NaN;
  #seenAtMs = 0;
  /** Whether a name that came later would show in the stamp. */
  #isSettled = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether a name has come that no {@link sync} has covered. */
  isBehind(): boolean {
    const stampMs = statSync(this.#path).mtimeMs;
    if (stampMs !== this.#stampMs) {
      this.#stampMs = stampMs;
      this.#seenAtMs = performance.now();
      this.#isSettled = false;
    }
    if (this.#isSettled) return false;
    const lookedAtMs = performance.now();
    const isBehind = readdirSync(this.#path).some(name => !this.#synced.has(name));
    this.#isSettled = !isBehind && lookedAtMs - this.#seenAtMs >= STAMP_SETTLED_MS;
    return isBehind;
  }

  /** Puts the names that there are now on disk. */
  async sync(): Promise<void> {
    const names = new Set(readdirSync(this.#path));
    await syncDirectory(this.#path);
    this.#synced = names;
  }
}
