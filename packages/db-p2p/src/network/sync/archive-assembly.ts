import { InvalidArchiveError, type BlockId, type TrxId, type TrxTransforms } from '@blockstrata/db-core';
import type { BlockArchive } from '../../storage/block/archive.js';
import type { ArchiveHead, ArchiveItem } from './sync-messages.js';

/**
 * An archive while it arrives, the newest revision first, perhaps over several streams. It holds back what cannot be part
 * of one history, and stops at a cap (INV-12); the whole is checked when it is there.
 */
export class ArchiveAssembly {
  readonly blockId: BlockId;
  readonly #revMax: number;
  readonly #bytesMax: number;
  readonly #revisions: BlockArchive['revisions'] = Object.create(null) as BlockArchive['revisions'];
  #count = 0;
  #bytes = 0;
  #lowest: ArchiveItem | undefined;
  #end: number | undefined;
  #pending: Record<TrxId, TrxTransforms> | undefined;

  /** @param rev the revision that was asked for; nothing above it is taken. */
  constructor(blockId: BlockId, rev: number | undefined, bytesMax: number) {
    this.blockId = blockId;
    this.#revMax = rev ?? Number.MAX_SAFE_INTEGER;
    this.#bytesMax = bytesMax;
  }

  /** Revisions that have arrived. */
  get revisions(): number {
    return this.#count;
  }

  /** Bytes that may still come. */
  get bytesLeft(): number {
    return this.#bytesMax - this.#bytes;
  }

  /** The revision that has to come next. */
  get next(): number | undefined {
    return this.#lowest?.base;
  }

  /** Whether the history can begin at the lowest revision that has arrived. */
  get isComplete(): boolean {
    return this.#lowest !== undefined && (this.#lowest.base === 0 || this.#lowest.block !== undefined);
  }

  /** Takes what an archive begins with; of several transfers the first says where the history ends. */
  begin({ end, pending }: ArchiveHead): void {
    if (this.#count > 0) return;
    this.#end = end;
    this.#pending = pending;
  }

  /** @throws InvalidArchiveError if it does not follow what came before. */
  add(item: ArchiveItem): void {
    const { rev, base, trxId, transform, block } = item;
    // A block that did not exist yet is told by its first revision alone.
    const isFirstEver = this.#count === 0 && base === 0;
    if (rev > this.#revMax && !isFirstEver)
      throw new InvalidArchiveError(this.blockId, `revision ${rev} was not asked for`);
    const above = this.#lowest;
    if (above !== undefined && rev !== above.base) {
      throw new InvalidArchiveError(this.blockId, `revision ${rev} came where ${above.base ?? 'none'} should have`);
    }
    if (base !== undefined && base >= rev)
      throw new InvalidArchiveError(this.blockId, `revision ${rev} has base ${base}`);
    // The content is checked by whoever installs the archive.
    const revision = { trx: { trxId, rev, transform } } as BlockArchive['revisions'][number];
    if (base !== undefined) revision.base = base;
    if (block !== undefined) revision.block = block as NonNullable<typeof revision.block>;
    this.#revisions[rev] = revision;
    this.#lowest = item;
    this.#count++;
  }

  /** Counts what arrived. @throws InvalidArchiveError at the cap. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax)
      throw new InvalidArchiveError(this.blockId, `it has more than ${this.#bytesMax} bytes`);
  }

  /** What has arrived. @throws InvalidArchiveError if that is nothing. */
  archive(): BlockArchive {
    if (this.#lowest === undefined) throw new InvalidArchiveError(this.blockId, 'it is empty');
    const range: BlockArchive['range'] = this.#end === undefined ? [this.#lowest.rev] : [this.#lowest.rev, this.#end];
    const archive: BlockArchive = { blockId: this.blockId, revisions: this.#revisions, range };
    if (this.#pending !== undefined) archive.pending = this.#pending;
    return archive;
  }
}
