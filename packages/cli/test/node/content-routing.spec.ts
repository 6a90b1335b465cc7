import { MemoryRawStorage } from '@blockstrata/db-p2p/storage';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { afterEach, describe, expect, it } from 'vitest';
import { startNode, type RunningNode } from '../../src/node/create-node.js';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function node(peers: readonly string[], announcesPerMinuteMax = 6_000): Promise<RunningNode> {
  const storage = new MemoryRawStorage();
  const nobody: ReadonlySet<string> = new Set();
  const running = await startNode({
    storage,
    key: await generateKeyPair('Ed25519'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    writers: nobody,
    mirrors: nobody,
    peers,
    quorum: 1,
    dht: true,
    metrics: false,
    limits: { announcesPerMinuteMax },
  });
  stops.push(async () => {
    await running.stop();
    await storage.close();
  });
  return running;
}

function addressesOf({ libp2p }: RunningNode): string[] {
  return libp2p.getMultiaddrs().map(String);
}

async function commit({ repo }: RunningNode, id: string, rev: number): Promise<void> {
  const header = { id, type: 'note', collectionId: id };
  const transforms =
    rev === 1 ? { inserts: { [id]: { header } } } : { updates: { [id]: [['text', 0, 0, `text of ${rev}`] as const] } };
  await repo.pend({
    trxId: `${id}-${rev}`,
    rev,
    policy: 'f',
    transforms: transforms as Parameters<typeof repo.pend>[0]['transforms'],
  });
  await repo.commit({ trxId: `${id}-${rev}`, blockIds: [id], rev });
}

describe('restoring by content routing, over TCP with kad-dht', () => {
  it(
    'finds the holder by the id of a block alone, whether it held it before it joined or not',
    { timeout: 60_000 },
    async () => {
      const middle = await node([]);
      const holder = await node(addressesOf(middle));
      const others = await Promise.all([node(addressesOf(middle)), node(addressesOf(middle))]);
      const asking = await node(addressesOf(middle));
      for (let rev = 1; rev <= 5; rev++) await commit(holder, 'found', rev);
      const read = async (at: RunningNode, id: string, rev?: number) =>
        (await at.repo.get({ blockIds: [id], ...(rev === undefined ? {} : { context: { rev } }) }))[id]?.block?.text;
      await expect.poll(() => read(asking, 'found'), { timeout: 40_000, interval: 200 }).toBe('text of 5');
      expect(await read(asking, 'found', 3)).toBe('text of 3');
      // Nobody else was given it.
      for (const { repo } of [middle, ...others]) expect(await repo.storage.getMetadata('found')).toBeUndefined();
    },
  );

  it('announces nothing before somebody is connected, and then what it holds', { timeout: 60_000 }, async () => {
    const alone = await node([]);
    await commit(alone, 'early', 1);
    await commit(alone, 'early', 2);
    const late = await node(addressesOf(alone));
    const read = async () => (await late.repo.get({ blockIds: ['early'] })).early?.block?.text;
    await expect.poll(read, { timeout: 40_000, interval: 200 }).toBe('text of 2');
  });
});
