import { keyPrefix, type DriverWrite, type RecordKey } from '@blockstrata/db-p2p/storage';
import { RECORD_OVERHEAD_BYTES } from '../bounds.js';

/** The last state of some records; a write without a value is a deletion. */
export class Layer {
  readonly #writes = new Map<string, DriverWrite>();
  readonly #groups = new Map<string, Map<string, DriverWrite>>();
  #bytes = 0;

  /** How many records it tells of. */
  get size(): number {
    return this.#writes.size;
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Every record, once. */
  get writes(): IterableIterator<DriverWrite> {
    return this.#writes.values();
  }

  /** What is known of a record; `undefined`: nothing. */
  get(key: RecordKey): DriverWrite | undefined {
    return this.#writes.get(key.encoded);
  }

  /** What is known of the records of a group: see {@link groupOf}. */
  group(prefix: string): Iterable<DriverWrite> {
    return this.#groups.get(prefix)?.values() ?? [];
  }

  groupSize(prefix: string): number {
    return this.#groups.get(prefix)?.size ?? 0;
  }

  put(write: DriverWrite): void {
    const { encoded } = write.key;
    const before = this.#writes.get(encoded);
    this.#bytes += cost(write) - (before === undefined ? 0 : cost(before));
    this.#writes.set(encoded, write);
    const prefix = groupOf(write.key);
    const group = this.#groups.get(prefix);
    if (group === undefined) this.#groups.set(prefix, new Map([[encoded, write]]));
    else group.set(encoded, write);
  }
}

/**
 * The group that a scan finds a record in: all heads, all log entries, or one kind of record of one block.
 */
export function groupOf(key: RecordKey): string {
  return key.kind === 'meta' || key.kind === 'log' ? keyPrefix(key.kind) : keyPrefix(key.kind, key.blockId);
}

function cost(write: DriverWrite): number {
  return write.key.encoded.length + (write.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}
