import { close, fstatSync, fsync, openSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';

// File systems stamp a directory with a clock that stands still for some milliseconds, so that a second change soon after
// the first may not show. Some keep whole seconds (ext4 with small inodes, HFS+), and FAT every other one.
const STAMP_SETTLED_MS = 50;
const WHOLE_SECOND_SETTLED_MS = 2500;

const closeDescriptor = promisify(close);
const syncDescriptor = promisify(fsync);

/**
 * Sees to it that the names in a directory are on disk. LevelDB syncs a log that it writes to, but not the directory that
 * names it: after a power cut a synced batch could be in a file that is not there (INV-1).
 */
export class DirectoryWatch {
  readonly #path: string;
  // Looking at it takes 0.6 of the time of looking a path up. Windows cannot open a directory; NTFS keeps its own journal
  // of names.
  readonly #descriptor: number | undefined;
  /** Names that were there before a {@link sync} that has ended began. */
  #synced: ReadonlySet<string> = new Set();
  #stampMs = Number.NaN;
  #seenAtMs = 0;
  /** Whether a name that came later would show in the stamp. */
  #isSettled = false;

  /** Opens the directory. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = process.platform === 'win32' ? undefined : openSync(path, 'r');
  }

  /** Whether a name has come that no {@link sync} has covered. */
  isBehind(): boolean {
    if (this.#descriptor === undefined) return false;
    const stampMs = fstatSync(this.#descriptor).mtimeMs;
    if (stampMs !== this.#stampMs) {
      this.#stampMs = stampMs;
      this.#seenAtMs = performance.now();
      this.#isSettled = false;
    }
    if (this.#isSettled) return false;
    const lookedAtMs = performance.now();
    const isBehind = readdirSync(this.#path).some(name => !this.#synced.has(name));
    const settledMs = stampMs % 1000 === 0 ? WHOLE_SECOND_SETTLED_MS : STAMP_SETTLED_MS;
    this.#isSettled = !isBehind && lookedAtMs - this.#seenAtMs >= settledMs;
    return isBehind;
  }

  /** Puts the names that there are now on disk. */
  async sync(): Promise<void> {
    if (this.#descriptor === undefined) return;
    const names = new Set(readdirSync(this.#path));
    await syncDescriptor(this.#descriptor);
    this.#synced = names;
  }

  /** Closes the directory; only when nothing of this is under way. */
  async close(): Promise<void> {
    if (this.#descriptor !== undefined) await closeDescriptor(this.#descriptor);
  }
}
