import { StoreLockedError, type Randomness } from '@blockstrata/db-core';
import { LOCK_ATTEMPTS_MAX } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { errorCode, ioFailure, isAbsent } from '../file-system/io-failure.js';
import { writeNewFile } from '../file-system/write-file.js';
import type { StorePaths } from '../layout/store-paths.js';
import { isProvablyGone, type ProcessFacts } from '../process/process-facts.js';
import { decodeHolder, describeHolder, encodeHolder, type LockHolder } from './lock-holder.js';

/** What came of an attempt: the lock is held by us, by another, or just changed hands. */
type Attempt = 'taken' | 'again' | { readonly heldBy: LockHolder | undefined };

/**
 * The lock of a store: a file that names its holder (INV-10). It appears complete and synced, by a hard link, so that no
 * crash leaves half of one; its age means nothing.
 *
 * A lock whose holder is provably gone is replaced by whoever owns the right to it: a second such file, named by the
 * token in the lock. A token never comes back, so a right that is late finds another token in the lock and lapses; and
 * a right whose owner is gone too is inherited by the same rule. So of many breakers one wins, and none of them ever
 * removes a lock that somebody has just taken.
 */
export class StoreLock {
  readonly #fileSystem: FileSystem;
  readonly #paths: StorePaths;
  readonly #facts: ProcessFacts;
  readonly #token: string;

  constructor(fileSystem: FileSystem, paths: StorePaths, facts: ProcessFacts, randomness: Randomness) {
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.#facts = facts;
    this.#token = randomness.uuid();
  }

  /**
   * Takes the lock; `.store` and its temporary directory must be there.
   *
   * @throws StoreLockedError · StorageIoError
   */
  async acquire(): Promise<void> {
    const { root, lock, temporary } = this.#paths;
    let attempt: Attempt = 'again';
    for (let attempts = 0; attempts < LOCK_ATTEMPTS_MAX && attempt === 'again'; attempts++) {
      const claim = `${temporary}/claim-${this.#token}-${attempts}`;
      try {
        await writeNewFile(this.#fileSystem, claim, encodeHolder({ ...this.#facts.self, token: this.#token }));
        attempt = await this.#take(lock, claim);
      } catch (error) {
        // The new owner of the store has cleared the temporary directory.
        if (!isAbsent(error)) throw ioFailure('lock', lock, error);
      } finally {
        await this.#remove(claim);
      }
    }
    if (attempt === 'taken') return;
    const holder = attempt === 'again' ? undefined : attempt.heldBy;
    throw new StoreLockedError(root, holder && describeHolder(holder));
  }

  /** Lets go of the lock, if it is still ours. */
  async release(): Promise<void> {
    const { lock } = this.#paths;
    try {
      const held = await this.#read(lock);
      if (held !== undefined && held.holder?.token === this.#token) await this.#fileSystem.unlink(lock);
    } catch (error) {
      throw ioFailure('unlock', lock, error);
    }
  }

  /** Removes the rights to locks that are no more; only for the owner of the lock. */
  async removeStaleRights(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#paths.isRight(name)) await this.#remove(this.#paths.inStore(name));
    }
  }

  async #take(path: string, claim: string): Promise<Attempt> {
    if (await this.#link(claim, path)) return 'taken';
    const found = await this.#read(path);
    if (found === undefined) return 'again';
    const { holder } = found;
    if (holder === undefined || !isProvablyGone(holder, this.#facts)) return { heldBy: holder };
    return this.#replace(path, claim, holder);
  }

  async #replace(path: string, claim: string, gone: LockHolder): Promise<Attempt> {
    const right = this.#paths.rightTo(gone.token);
    const attempt = await this.#take(right, claim);
    if (attempt !== 'taken') return attempt;
    try {
      const found = await this.#read(path);
      if (found?.holder?.token !== gone.token) return 'again';
      const successor = `${claim}-${gone.token}`;
      await this.#fileSystem.link(claim, successor);
      await this.#fileSystem.rename(successor, path);
      return 'taken';
    } finally {
      await this.#remove(right);
    }
  }

  async #link(from: string, to: string): Promise<boolean> {
    try {
      await this.#fileSystem.link(from, to);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
  }

  /** Who is named at `path`: nobody, a holder, or one that cannot be read. */
  async #read(path: string): Promise<{ holder: LockHolder | undefined } | undefined> {
    try {
      return { holder: decodeHolder(await this.#fileSystem.readFile(path)) };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#fileSystem.unlink(path);
    } catch (error) {
      if (!isAbsent(error)) throw ioFailure('remove', path, error);
    }
  }
}
