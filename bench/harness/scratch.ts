import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratchRoot } from './machine.js';

/** A directory for the stores of one question, removed with all of it at the end, also where the process exits early. */
export class Scratch {
  readonly directory: string;
  #next = 0;
  readonly #removeAll = () => this.remove(this.directory);

  constructor() {
    mkdirSync(scratchRoot(), { recursive: true });
    this.directory = mkdtempSync(join(scratchRoot(), 'blockstrata-bench-'));
    process.once('exit', this.#removeAll);
  }

  /** A path in it at which nothing is yet. */
  fresh(name: string): string {
    return join(this.directory, `${this.#next++}-${name}`);
  }

  /** Removes one path. */
  remove(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeAll);
    this.#removeAll();
  }
}
