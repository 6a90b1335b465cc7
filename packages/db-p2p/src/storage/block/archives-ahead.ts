import type { BlockId } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import { untilAborted } from '../kernel/until-aborted.js';
import type { BlockArchive, RestoreCallback } from './archive.js';
import { outlineOf } from './checked-archive.js';
import { coverageOf } from './coverage.js';

/** An archive that was asked for before anybody needed it. */
type Ahead = { readonly rev: number; readonly archive: Promise<BlockArchive | undefined> };

/**
 * A restore callback for a walk down a whole history: when an archive arrives it asks for the one below, so that the
 * holder works on it while the first is checked and installed. It is one archive ahead at most (INV-12).
 */
export class ArchivesAhead {
  readonly #storage: IRawStorage;
  readonly #restore: RestoreCallback;
  readonly #stopping = new AbortController();
  #ahead: Ahead | undefined;

  constructor(storage: IRawStorage, restore: RestoreCallback) {
    this.#storage = storage;
    this.#restore = restore;
  }

  /** The callback. What was asked for ahead and is not what the walk comes to is dropped. */
  readonly restore: RestoreCallback = async (blockId, rev, options) => {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isWanted = ahead !== undefined && ahead.rev === rev;
    const signals = options?.signal === undefined ? [] : [options.signal];
    const archive = isWanted ? await untilAborted(ahead.archive, signals) : await this.#restore(blockId, rev, options);
    if (archive !== undefined) await this.#askBelow(blockId, archive);
    return archive;
  };

  /** Calls off what is under way. */
  stop(): void {
    this.#stopping.abort(new DOMException('the walk has ended', 'AbortError'));
  }

  /** What an archive says of itself is only a hint here: it is yet to be checked. */
  async #askBelow(blockId: BlockId, archive: BlockArchive): Promise<void> {
    const { floor, base } = outlineOf(archive);
    if (base === 0 || !(floor > 1)) return;
    const rev = floor - 1;
    const head = await this.#storage.getMetadata(blockId);
    const below = await coverageOf(this.#storage, blockId, head, rev);
    if (below.kind !== 'unknown' || this.#stopping.signal.aborted) return;
    const asked = this.#restore(blockId, rev, { signal: this.#stopping.signal });
    asked.catch(() => undefined);
    this.#ahead = { rev, archive: asked };
  }
}
