import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockstrataError, type BlockId } from '@blockstrata/db-core';
import { randomRuns, timesFactor } from '../../../../test/random-runs.js';
import { BlockStorage, MemoryRawStorage, RepoClient, repoService, StorageRepo } from '../../src/index.js';
import { SimulatedNetwork, type Weather } from './simulated-network.js';
import { until } from './tcp-nodes.js';

const RUNS = 40;
const BLOCKS: readonly BlockId[] = ['a', 'b', 'c'];
const LIMITS = { requestDeadlineMs: 300, messageMsMax: 300, writeMsMax: 300 };

type Committed = { readonly trxId: string; readonly rev: number; readonly blockIds: readonly BlockId[] };

/** A client that writes to random blocks until it has done `transactions`, whatever the weather. */
async function coordinate(
  client: RepoClient,
  name: string,
  transactions: number,
  random: () => number,
): Promise<Committed[]> {
  const committed: Committed[] = [];
  for (let n = 0; n < transactions; n++) {
    const blockIds = BLOCKS.filter(() => random() < 0.6);
    if (blockIds.length === 0) continue;
    const trxId = `${name}-${n}`;
    try {
      const read = await client.get({ blockIds });
      const rev = 1 + Math.max(...blockIds.map(id => read[id]?.state.latest?.rev ?? 0));
      const inserts = Object.fromEntries(
        blockIds
          .filter(id => read[id]?.block === undefined)
          .map(id => [id, { header: { id, type: 'log', collectionId: id }, by: trxId }]),
      );
      const updates = Object.fromEntries(
        blockIds
          .filter(id => read[id]?.block !== undefined)
          .map(id => [id, [['by', 0, 0, trxId] as [string, number, number, unknown]]]),
      );
      const pended = await client.pend({ trxId, rev, policy: 'f', transforms: { inserts, updates } });
      const done = pended.success && (await client.commit({ trxId, rev, blockIds: [...blockIds] })).success;
      if (done) committed.push({ trxId, rev, blockIds });
      else await client.cancel({ trxId, blockIds: [...blockIds] });
    } catch (error) {
      // Unknown: it may be pending, committed or neither; a cancel leaves it committed or neither.
      expect(error).toBeInstanceOf(BlockstrataError);
      await client.cancel({ trxId, blockIds: [...blockIds] }).catch(() => undefined);
    }
  }
  return committed;
}

describe('coordinators over a network that delays, reorders, breaks and parts', () => {
  it('lose nothing that was acknowledged, and tear nothing (INV-1, INV-2, INV-8)', { timeout: 120_000 }, async () => {
    let acknowledged = 0;
    const weather = fc.array(
      fc.tuple(fc.constantFrom<Weather>('cut', 'partition', 'black-hole', 'calm'), fc.integer({ min: 1, max: 25 })),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        weather,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        async (forecast, numbers) => {
          const random = (): number => Number(numbers.next().value);
          const network = new SimulatedNetwork(random);
          const storage = new MemoryRawStorage();
          const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
          const service = repoService({ repo, authorize: () => true, limits: LIMITS })({
            registrar: network.registrar,
          });
          await service.start();
          const clients = await Promise.all(
            ['x', 'y'].map(
              async () => new RepoClient({ libp2p: await network.client(), peer: [], limits: LIMITS, deadlineMs: 200 }),
            ),
          );
          const work = Promise.all(clients.map((client, i) => coordinate(client, `c${i}`, 6, random)));
          for (const [kind, ms] of forecast) {
            network.turn(kind);
            await new Promise(resolve => setTimeout(resolve, ms));
          }
          network.turn('calm');
          const committed = (await work).flat();
          acknowledged += committed.length;
          for (const { trxId, rev, blockIds } of committed) {
            for (const id of blockIds) expect(await storage.getRevision(id, rev)).toMatchObject({ trxId });
          }
          for await (const { trxId, blockIds } of storage.readLog()) {
            for (const id of blockIds) expect(await storage.getTransaction(id, trxId)).toBeDefined();
          }
          expect((await repo.verify()).violationsTotal).toBe(0);
          await Promise.all(clients.map(client => client.close()));
          network.turn('cut');
          await until(() => service.streams === 0);
          await service.stop?.();
          await storage.close();
        },
      ),
      randomRuns('packages/db-p2p/test/network/simulation.spec.ts', RUNS, 'networks'),
    );
    expect(acknowledged).toBeGreaterThan(timesFactor(RUNS) / 2);
  });
});
