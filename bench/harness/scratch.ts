import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratchRoot } from './machine.js';

/** A directory for the stores of one question, removed with all of it at the end, also where the process exits early. */
export class Scratch {
  readonly directory: string;
  readonly #discarded: string[] = [];
  #next = 0;
  readonly #removeAll = () => remove(this.directory);

  constructor() {
    mkdirSync(scratchRoot(), { recursive: true });
    this.directory = mkdtempSync(join(scratchRoot(), 'blockstrata-bench-'));
    process.once('exit', this.#removeAll);
  }

  /** A path in it at which nothing is yet. */
  fresh(name: string): string {
    return join(this.directory, `${this.#next++}-${name}`);
  }

  /** Gives up one path, which the next {@link sweep} removes. */
  discard(path: string): void {
    this.#discarded.push(path);
  }

  /**
   * Removes what was given up. Not between two runs that are compared: where ext4 has no journal, making a file passes
   * over every inode near by that was freed in the last minutes, one by one, and whoever came next would pay.
   */
  sweep(): void {
    for (const path of this.#discarded.splice(0)) remove(path);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeAll);
    this.#removeAll();
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
