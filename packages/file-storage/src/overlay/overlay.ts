import type { BlockId } from '@blockstrata/db-core';
import type { DriverWrite, RecordKey, RecordKind } from '@blockstrata/db-p2p/storage';
import type { ItemKind, TreeKey } from '../layout/tree-places.js';
import { Layer } from './layer.js';

/**
 * What has been written and is not in the tree yet: a layer that takes the writes, and, while a checkpoint is under way,
 * the one that it applies. Readers ask here first.
 */
export class Overlay {
  #active = new Layer();
  #sealed: Layer | undefined;
  #generation = 0;
  readonly #isInTree: (key: TreeKey) => boolean;

  /**
   * @param isInTree whether a record has a file
   * @param recovered what a checkpoint is to apply first
   */
  constructor(isInTree: (key: TreeKey) => boolean, recovered?: Layer) {
    this.#isInTree = isInTree;
    this.#sealed = recovered;
  }

  /** Raised whenever a layer has become part of the tree: what was listed across that may have missed it. */
  get generation(): number {
    return this.#generation;
  }

  get bytes(): number {
    return this.#active.bytes + (this.#sealed?.bytes ?? 0);
  }

  get active(): Layer {
    return this.#active;
  }

  /** Makes a batch visible, in one step. */
  put(writes: readonly DriverWrite[]): void {
    for (const write of writes) {
      if (write.value === undefined && this.#isOnlyInActive(write.key)) this.#active.forget(write.key);
      else this.#active.put(write);
    }
  }

  get(key: RecordKey): DriverWrite | undefined {
    return this.#active.get(key) ?? this.#sealed?.get(key);
  }

  /** What is known of all heads, later knowledge last. */
  *heads(): Generator<DriverWrite> {
    if (this.#sealed !== undefined) yield* this.#sealed.heads();
    yield* this.#active.heads();
  }

  /** Changes whenever a head joins those that are known of, or leaves them. */
  headsVersion(): string {
    return `${this.#generation} ${this.#sealed?.headCount ?? '-'} ${this.#active.headCount}`;
  }

  /** What is known of the entries of the log, later knowledge last. */
  *logEntries(): Generator<DriverWrite> {
    if (this.#sealed !== undefined) yield* this.#sealed.logEntries();
    yield* this.#active.logEntries();
  }

  /** What is known of the records of one kind of one block, later knowledge last. */
  *items(kind: ItemKind, blockId: BlockId): Generator<DriverWrite> {
    if (this.#sealed !== undefined) yield* this.#sealed.items(kind, blockId);
    yield* this.#active.items(kind, blockId);
  }

  /** What is known of the records of one kind, whatever their block; costs as much as there is in memory. */
  *ofKind(kind: RecordKind): Generator<DriverWrite> {
    for (const layer of [this.#sealed, this.#active]) {
      for (const write of layer?.writes() ?? []) if (write.key.kind === kind) yield write;
    }
  }

  /** Begins a new layer; the old one stays readable until {@link drop}. */
  seal(): Layer {
    this.#sealed = this.#active;
    this.#active = new Layer();
    return this.#sealed;
  }

  /** Forgets the sealed layer, now that the tree holds it. */
  drop(): void {
    this.#sealed = undefined;
    this.#generation++;
  }

  /** Whether a record is nowhere but in the active layer, so that its deletion leaves nothing to do for a checkpoint. */
  #isOnlyInActive(key: RecordKey): key is RecordKey & { kind: ItemKind } {
    if (key.kind === 'meta' || key.kind === 'log') return false;
    if (this.#active.get(key)?.value === undefined || this.#sealed?.get(key) !== undefined) return false;
    try {
      return !this.#isInTree(key);
    } catch {
      // Where nobody can tell, the checkpoint is to delete it.
      return false;
    }
  }
}
