import type { Counter, Gauge, Metrics } from '@blockstrata/db-core';

/** The measurements of one store; each is free where no metrics are given. */
export class KernelMetrics {
  readonly #writes: Counter | undefined;
  readonly #batches: Counter | undefined;
  readonly #records: Counter | undefined;
  readonly #bytes: Counter | undefined;
  readonly #groupSize: Gauge | undefined;

  constructor(metrics: Metrics | undefined) {
    const counter = (name: string, help: string) => metrics?.registerCounter(`blockstrata_store_${name}`, { help });
    this.#writes = counter('writes_total', 'Writes of the driver');
    this.#batches = counter('batches_total', 'Batches that those writes carried');
    this.#records = counter('records_total', 'Records put or deleted');
    this.#bytes = counter('bytes_total', 'Encoded bytes of the batches, the commit log apart');
    this.#groupSize = metrics?.registerMetric('blockstrata_store_group_batches', { help: 'Batches in the last write' });
  }

  /** Counts one write of the driver. */
  group(batches: number, records: number, bytes: number): void {
    this.#writes?.increment();
    this.#batches?.increment(batches);
    this.#records?.increment(records);
    this.#bytes?.increment(bytes);
    this.#groupSize?.update(batches);
  }
}
