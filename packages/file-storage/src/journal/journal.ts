import { StoreClosedError, StorePoisonedError } from '@blockstrata/db-core';
import type { Durability, DriverWrite } from '@blockstrata/db-p2p/storage';
import type { FileSystem, OpenFile } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import type { TemporaryFiles } from '../file-system/temporary-files.js';
import { writeFully } from '../file-system/write-file.js';
import { encodeRecord, type JournalStamp } from './journal-record.js';
import { segmentName } from './segment-name.js';

/** What a journal writes to. */
export type JournalSite = {
  readonly fileSystem: FileSystem;
  readonly temporary: TemporaryFiles;
  readonly directory: string;
};

/** Where a journal goes on after what was recovered. */
export type JournalStart = {
  readonly epoch: number;
  /** The seq of the last batch that was recovered. */
  readonly seq: number;
  /** What survived and is not in the tree yet; the first segment holds it again. */
  readonly survivors: readonly (readonly DriverWrite[])[];
  /** The segments that the first segment supersedes. */
  readonly superseded: readonly string[];
};

type OpenSegment = { name: string; index: number; file: OpenFile; length: number; batches: number };

/**
 * The write-ahead journal: every batch is one checksummed record in it before it counts (INV-1, INV-2). Segments are
 * only appended to, never used again, and appear complete with their first record.
 *
 * What is asked of it is done in the order in which it was asked. After a failed write or sync it refuses whatever
 * follows, because what the disk holds is unknown then (INV-7).
 */
export class Journal {
  readonly #site: JournalSite;
  readonly #durability: Durability;
  readonly #epoch: number;
  #seq: number;
  #durableSeq: number;
  #appliedSeq: number;
  #segment: OpenSegment | undefined;
  #sealed: string[];
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  private constructor(site: JournalSite, durability: Durability, start: JournalStart) {
    this.#site = site;
    this.#durability = durability;
    this.#epoch = start.epoch;
    this.#seq = this.#durableSeq = this.#appliedSeq = start.seq;
    this.#sealed = [...start.superseded];
  }

  /** Begins an epoch: its first segment is on disk, and supersedes all others, when this resolves. */
  static async begin(site: JournalSite, durability: Durability, start: JournalStart): Promise<Journal> {
    const journal = new Journal(site, durability, start);
    await journal.#addSegment(0, start.survivors);
    await journal.#removeSealed();
    return journal;
  }

  /** Bytes in the segment that is written to. */
  get segmentBytes(): number {
    return this.#segment?.length ?? 0;
  }

  /** Whether there are batches in the segment that is written to. */
  get holdsBatches(): boolean {
    return this.#segment !== undefined && this.#segment.batches > 0;
  }

  /** The seq of the newest batch. */
  get seq(): number {
    return this.#seq;
  }

  /** Appends one batch; `onDurable` is called in the very step in which it has become as durable as asked. */
  append(writes: readonly DriverWrite[], onDurable: () => void): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write(this.#seq + 1, writes);
      this.#seq++;
      if (this.#durability === 'strict') await this.#sync();
      onDurable();
    });
  }

  /**
   * Goes on in a new segment, all that came before being synced; `onSealed` is called in the step in which the old one
   * is closed, with the seq of its last batch.
   */
  seal(onSealed: (seq: number) => void): Promise<void> {
    return this.#inTurn(async () => {
      const { name, index, file } = this.#open();
      if (this.#durableSeq < this.#seq) await this.#sync();
      try {
        await this.#addSegment(index + 1, []);
      } finally {
        await file.close();
      }
      this.#sealed.push(name);
      onSealed(this.#seq);
    });
  }

  /** Says that all up to `seq` is in the tree, and synced; then removes the segments that are not needed any more. */
  applied(seq: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#appliedSeq = seq;
      await this.#write(this.#seq, []);
      await this.#sync();
      await this.#removeSealed();
    });
  }

  /**
   * Leaves one segment behind that says that nothing is to be applied; all must be in the tree. A journal that was
   * not written to is left as it is.
   */
  async finish(): Promise<void> {
    if (this.#open().batches > 0 || this.#appliedSeq < this.#seq) {
      this.#appliedSeq = this.#seq;
      await this.seal(() => undefined);
      await this.#inTurn(() => this.#removeSealed());
    }
    await this.abandon();
  }

  /** Closes the file, and nothing else. */
  abandon(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    return segment === undefined ? Promise.resolve() : this.#last.then(() => segment.file.close());
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      this.#mustBeSound();
      try {
        await task();
      } catch (error) {
        this.#failure = ioFailure('write', this.#site.directory, error);
        throw this.#failure;
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #mustBeSound(): void {
    if (this.#failure !== undefined) throw new StorePoisonedError(this.#site.directory, { cause: this.#failure });
  }

  #open(): OpenSegment {
    if (this.#segment === undefined)
      throw new StorePoisonedError(this.#site.directory, {
        cause: this.#failure ?? new StoreClosedError(this.#site.directory),
      });
    return this.#segment;
  }

  #stamp(seq: number, durableSeq = this.#durableSeq): JournalStamp {
    return { epoch: this.#epoch, seq, durableSeq, appliedSeq: this.#appliedSeq };
  }

  async #write(seq: number, writes: readonly DriverWrite[]): Promise<void> {
    const segment = this.#open();
    const bytes = encodeRecord({ segment: segment.name, position: segment.length }, this.#stamp(seq), writes);
    await writeFully(segment.file, bytes, segment.length);
    segment.length += bytes.length;
    if (writes.length > 0) segment.batches++;
  }

  async #sync(): Promise<void> {
    const seq = this.#seq;
    await this.#open().file.sync();
    this.#durableSeq = seq;
  }

  /** The first record says that all in the segment so far is durable, because it appears only once it is. */
  async #addSegment(index: number, batches: readonly (readonly DriverWrite[])[]): Promise<void> {
    const { temporary, directory, fileSystem } = this.#site;
    const name = segmentName({ epoch: this.#epoch, index });
    const durableSeq = this.#seq + batches.length;
    const note = encodeRecord({ segment: name, position: 0 }, this.#stamp(this.#seq, durableSeq), []);
    const records = [note];
    let { length } = note;
    for (const writes of batches) {
      this.#seq++;
      const record = encodeRecord({ segment: name, position: length }, this.#stamp(this.#seq, durableSeq), writes);
      records.push(record);
      length += record.length;
    }
    const file = await temporary.placeOpen(`${directory}/${name}`, Buffer.concat(records));
    this.#segment = { name, index, file, length, batches: batches.length };
    await fileSystem.syncDirectory(directory);
    this.#durableSeq = durableSeq;
  }

  async #removeSealed(): Promise<void> {
    const { directory, fileSystem } = this.#site;
    for (const name of this.#sealed.splice(0)) {
      try {
        await fileSystem.unlink(`${directory}/${name}`);
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
  }
}
