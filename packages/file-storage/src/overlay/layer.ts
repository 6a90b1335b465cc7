import type { BlockId } from '@blockstrata/db-core';
import type { DriverWrite, RecordKey } from '@blockstrata/db-p2p/storage';
import { RECORD_OVERHEAD_BYTES } from '../bounds.js';
import type { ItemKind } from '../layout/tree-places.js';

/** The heads by block, the log by sequence number, or one kind of record of one block by encoded key. */
type Group = Map<string | number, DriverWrite>;

/** The last state of some records, in the groups that scans ask for; a write without a value is a deletion. */
export class Layer {
  readonly #heads: Group = new Map();
  readonly #log: Group = new Map();
  readonly #items = new Map<BlockId, Map<ItemKind, Group>>();
  #size = 0;
  #bytes = 0;

  /** How many records it tells of. */
  get size(): number {
    return this.#size;
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many heads it tells of. */
  get headCount(): number {
    return this.#heads.size;
  }

  /** What is known of a record; `undefined`: nothing. */
  get(key: RecordKey): DriverWrite | undefined {
    return this.#existingGroup(key)?.get(nameInGroup(key));
  }

  /** Every record, once; those of a block lie together. */
  *writes(): Generator<DriverWrite> {
    for (const [blockId, items] of this.#items) {
      const head = this.#heads.get(blockId);
      if (head !== undefined) yield head;
      for (const group of items.values()) yield* group.values();
    }
    for (const head of this.#heads.values()) {
      if (head.key.kind === 'meta' && !this.#items.has(head.key.blockId)) yield head;
    }
    yield* this.#log.values();
  }

  heads(): Iterable<DriverWrite> {
    return this.#heads.values();
  }

  logEntries(): Iterable<DriverWrite> {
    return this.#log.values();
  }

  /** What is known of the records of one kind of one block. */
  items(kind: ItemKind, blockId: BlockId): Iterable<DriverWrite> {
    return this.#items.get(blockId)?.get(kind)?.values() ?? [];
  }

  put(write: DriverWrite): void {
    const group = this.#group(write.key);
    const name = nameInGroup(write.key);
    const before = group.get(name);
    group.set(name, write);
    this.#bytes += cost(write);
    if (before === undefined) this.#size++;
    else this.#bytes -= cost(before);
  }

  /** Knows nothing of a record any more. */
  forget(key: RecordKey & { kind: ItemKind }): void {
    const items = this.#items.get(key.blockId);
    const group = items?.get(key.kind);
    const before = group?.get(key.encoded);
    if (items === undefined || group === undefined || before === undefined) return;
    group.delete(key.encoded);
    if (group.size === 0) items.delete(key.kind);
    if (items.size === 0) this.#items.delete(key.blockId);
    this.#bytes -= cost(before);
    this.#size--;
  }

  #existingGroup(key: RecordKey): Group | undefined {
    if (key.kind === 'meta') return this.#heads;
    return key.kind === 'log' ? this.#log : this.#items.get(key.blockId)?.get(key.kind);
  }

  /** The group of a record, made where there is none. */
  #group(key: RecordKey): Group {
    if (key.kind === 'meta') return this.#heads;
    if (key.kind === 'log') return this.#log;
    let items = this.#items.get(key.blockId);
    if (items === undefined) this.#items.set(key.blockId, (items = new Map<ItemKind, Group>()));
    let group = items.get(key.kind);
    if (group === undefined) items.set(key.kind, (group = new Map() as Group));
    return group;
  }
}

function nameInGroup(key: RecordKey): string | number {
  if (key.kind === 'meta') return key.blockId;
  return key.kind === 'log' ? key.seq : key.encoded;
}

function cost(write: DriverWrite): number {
  return write.key.encoded.length + (write.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}
