import type { DriverWrite, RecordKey, RecordKind } from '@blockstrata/db-p2p/storage';
import { Layer } from './layer.js';

/**
 * What has been written and is not in the tree yet: a layer that takes the writes, and, while a checkpoint is under way,
 * the one that it applies. Readers ask here first.
 */
export class Overlay {
  #active = new Layer();
  #sealed: Layer | undefined;
  #generation = 0;

  /** @param recovered what a checkpoint is to apply first */
  constructor(recovered?: Layer) {
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
    for (const write of writes) this.#active.put(write);
  }

  get(key: RecordKey): DriverWrite | undefined {
    return this.#active.get(key) ?? this.#sealed?.get(key);
  }

  /** What is known of a group, later knowledge last. */
  *group(prefix: string): Generator<DriverWrite> {
    if (this.#sealed !== undefined) yield* this.#sealed.group(prefix);
    yield* this.#active.group(prefix);
  }

  /** What is known of the records of one kind, whatever their block; costs as much as there is in memory. */
  *ofKind(kind: RecordKind): Generator<DriverWrite> {
    for (const layer of [this.#sealed, this.#active]) {
      for (const write of layer?.writes ?? []) if (write.key.kind === kind) yield write;
    }
  }

  /** Changes whenever a record joins or leaves a group. */
  groupVersion(prefix: string): string {
    return `${this.#generation} ${this.#sealed?.groupSize(prefix) ?? '-'} ${this.#active.groupSize(prefix)}`;
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
}
