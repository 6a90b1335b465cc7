import type { DriverWrite } from '@blockstrata/db-p2p/storage';
import type { Survival } from '../simulated-disk/crash-cursor.js';

/** A batch as the medium has it: on it for good, lost with the power, or in a write that failed, which nobody knows. */
type Batch = { readonly writes: readonly DriverWrite[]; state: 'durable' | 'volatile' | 'unknown' };

/** What a simulated driver writes to, and what is left of it in the next process. */
export class SimulatedMedium {
  header: Uint8Array | undefined;
  #records: Map<string, DriverWrite>;
  #batches: Batch[] = [];

  constructor(header?: Uint8Array, records: ReadonlyMap<string, DriverWrite> = new Map()) {
    this.header = header;
    this.#records = new Map(records);
  }

  /** Everything that a process finds which begins now. */
  get records(): readonly DriverWrite[] {
    return [...this.#records.values()];
  }

  get bytes(): number {
    let bytes = 0;
    for (const { value } of this.#records.values()) bytes += value?.length ?? 0;
    for (const { writes } of this.#batches) for (const { value } of writes) bytes += value?.length ?? 0;
    return bytes;
  }

  take(writes: readonly DriverWrite[], state: Batch['state']): void {
    this.#batches.push({ writes, state });
  }

  /** All that was taken is on the medium for good. */
  sync(): void {
    for (const batch of this.#batches) if (batch.state === 'volatile') batch.state = 'durable';
  }

  /** The process ends, and perhaps the power: of what was not durable a prefix is left, of what failed nobody knows. */
  settle(survival: Survival, random: () => number): void {
    const firstVolatile = this.#batches.findIndex(({ state }) => state === 'volatile');
    const volatiles = firstVolatile === -1 ? 0 : this.#batches.length - firstVolatile;
    const kept = survival === 'all' ? volatiles : survival === 'none' ? 0 : Math.floor(random() * (volatiles + 1));
    for (const { writes, state } of this.#batches.slice(0, this.#batches.length - volatiles + kept)) {
      if (state === 'unknown' && random() < 0.5) continue;
      for (const write of writes) this.replace(write);
    }
    this.#batches = [];
  }

  /** Puts one record in place at once. */
  replace(write: DriverWrite): void {
    if (write.value === undefined) this.#records.delete(write.key.encoded);
    else this.#records.set(write.key.encoded, write);
  }

  /** A medium that holds the same; only between two processes. */
  copy(): SimulatedMedium {
    return new SimulatedMedium(this.header, this.#records);
  }
}
