import { isAbsent } from './io-failure.js';
import type { FileSystem, OpenFile } from './file-system.js';
import { writeFully } from './write-file.js';

/** Writes files that appear complete, or not at all: under a name of its own first, then by a rename. */
export class TemporaryFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #count = 0;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /**
   * Puts a synced file at `path`, in place of what is there. Its name is durable only after a sync of its directory.
   */
  async place(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.placeOpen(path, bytes);
    await file.close();
  }

  /** Like {@link place}; resolves with the file still open for writing. */
  async placeOpen(path: string, bytes: Uint8Array): Promise<OpenFile> {
    const temporary = `${this.#directory}/${this.#count++}`;
    const file = await this.#fileSystem.create(temporary);
    try {
      await writeFully(file, bytes, 0);
      await file.sync();
      await this.#fileSystem.rename(temporary, path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Removes what an earlier owner of the store left unfinished; only before anything is placed. */
  async clear(): Promise<void> {
    for (const name of await this.#fileSystem.readdir(this.#directory)) {
      try {
        await this.#fileSystem.unlink(`${this.#directory}/${name}`);
      } catch (error) {
        // Whoever came too late for the lock removes what it wrote here itself.
        if (!isAbsent(error)) throw error;
      }
    }
  }
}
