import {
  InvalidArchiveError,
  type BlockId,
  type IBlock,
  type Limits,
  type TrxId,
  type TrxTransforms,
} from '@blockstrata/db-core';
import type { BlockArchive } from '../../storage/block/archive.js';
import { checkArrived } from '../../storage/block/check-archive.js';
import { EncodedRevision, toArchive, type CheckedRevision } from '../../storage/block/checked-archive.js';
import { EncodedTransform, type EncodedBlock } from '../../storage/encoded/encoded-transform.js';
import type { ArchiveItem } from './archive-items.js';
import type { ArchiveHead } from './sync-messages.js';

/**
 * An archive while it arrives, the newest revision first, perhaps over several streams. It holds back what cannot be part
 * of one history, and stops at a cap (INV-12); the whole is checked when it is there (INV-11).
 */
export class ArchiveAssembly {
  readonly blockId: BlockId;
  readonly #rev: number | undefined;
  readonly #bytesMax: number;
  readonly #limits: Limits;
  readonly #revisions: CheckedRevision[] = [];
  readonly #trxIds = new Set<TrxId>();
  readonly #copies = new Map<number, IBlock | EncodedBlock>();
  #bytes = 0;
  #end: number | undefined;
  #pending: Record<TrxId, TrxTransforms> | undefined;

  /** @param rev the revision that was asked for; nothing above it is taken. */
  constructor(blockId: BlockId, rev: number | undefined, bytesMax: number, limits: Limits) {
    this.blockId = blockId;
    this.#rev = rev;
    this.#bytesMax = bytesMax;
    this.#limits = limits;
  }

  /** Revisions that have arrived. */
  get revisions(): number {
    return this.#revisions.length;
  }

  /** Bytes that may still come. */
  get bytesLeft(): number {
    return this.#bytesMax - this.#bytes;
  }

  /** The revision that has to come next. */
  get next(): number | undefined {
    return this.#revisions.at(-1)?.base;
  }

  /** Whether the history can begin at the lowest revision that has arrived. */
  get isComplete(): boolean {
    const lowest = this.#revisions.at(-1);
    return lowest !== undefined && (lowest.base === 0 || this.#copies.has(lowest.rev));
  }

  /** Takes what an archive begins with; of several transfers the first says where the history ends. */
  begin({ end, pending }: ArchiveHead): void {
    if (this.#revisions.length > 0) return;
    this.#end = end;
    this.#pending = pending;
  }

  /** @throws InvalidArchiveError if it does not follow what came before. */
  add(item: ArchiveItem): void {
    const { rev, base, trxId, transform, block } = item;
    // A block that did not exist yet is told by its first revision alone.
    const above = this.#revisions.at(-1);
    const isFirstEver = above === undefined && base === 0;
    if (rev > (this.#rev ?? Number.MAX_SAFE_INTEGER) && !isFirstEver)
      throw this.#unsound(`revision ${rev} was not asked for`);
    if (above !== undefined && rev !== above.base)
      throw this.#unsound(`revision ${rev} came where ${above.base ?? 'none'} should have`);
    if (base !== undefined && base >= rev) throw this.#unsound(`revision ${rev} has base ${base}`);
    this.#trxIds.add(trxId);
    if (this.#trxIds.size === this.#revisions.length) throw this.#unsound(`revision ${rev} repeats a transaction`);
    if (block !== undefined) this.#copies.set(rev, block);
    this.#revisions.push(
      transform instanceof EncodedTransform
        ? new EncodedRevision(rev, trxId, base, transform)
        : { rev, trxId, base, transform },
    );
  }

  /** Counts what arrived. @throws InvalidArchiveError at the cap. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) throw this.#unsound(`it has more than ${this.#bytesMax} bytes`);
  }

  /** What has arrived, checked. @throws InvalidArchiveError if it is nothing, or not sound in itself. */
  archive(): BlockArchive {
    const [first, ...rest] = this.#revisions.reverse();
    if (first === undefined) throw this.#unsound('it is empty');
    const { blockId } = this;
    const arrived = { blockId, revisions: [first, ...rest] as const, end: this.#end, copies: this.#copies };
    return toArchive(checkArrived(arrived, this.#rev), this.#limits, this.#pending);
  }

  #unsound(problem: string): InvalidArchiveError {
    return new InvalidArchiveError(this.blockId, problem);
  }
}
