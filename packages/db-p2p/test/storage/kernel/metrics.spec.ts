import type { Metrics } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { MemoryRawStorage } from '../../../src/storage/index.js';

/** Measurements by name. */
function recordedMetrics(): Metrics & { readonly values: Map<string, number> } {
  const values = new Map<string, number>();
  const add = (name: string, n: number) => values.set(name, (values.get(name) ?? 0) + n);
  return {
    values,
    registerCounter: name => ({ increment: (n = 1) => void add(name, n) }),
    registerMetric: name => ({ update: value => void values.set(name, value) }),
  };
}

describe('the measurements of a store', () => {
  it('count what was written, under these names', async () => {
    const metrics = recordedMetrics();
    const storage = new MemoryRawStorage({ metrics });
    await storage.open();
    expect(storage.batch().byteLength).toBe(0);
    const first = storage.batch().saveMetadata('a', { ranges: [[1]] });
    const second = storage
      .batch()
      .saveMetadata('b', { ranges: [[1]] })
      .deletePendingTransaction('b', 't');
    const bytes = first.byteLength + second.byteLength;
    await first.write();
    await second.write();
    expect(Object.fromEntries(metrics.values)).toEqual({
      blockstrata_store_writes_total: 2,
      blockstrata_store_batches_total: 2,
      blockstrata_store_records_total: 3,
      blockstrata_store_bytes_total: bytes,
      blockstrata_store_group_batches: 1,
    });
    await storage.close();
  });
});
