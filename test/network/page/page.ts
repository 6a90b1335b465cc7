/** What runs in the page: a node with a store of its own, which talks to a Node process over WebSocket. */
import { BlockStorage, createRestoreCallback, RepoClient, StorageRepo } from '@blockstrata/db-p2p';
import { MemoryRawStorage } from '@blockstrata/db-p2p/storage';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

/** What the page reports to the test. */
export type PageReport = {
  readonly pended: unknown;
  readonly committed: unknown;
  readonly read: unknown;
  readonly refused: string;
  readonly feed: readonly number[];
  readonly restored: unknown;
  readonly restoredRevisions: number;
  readonly violations: number;
};

/** Writes, reads, follows and restores, all from the node at `address`. */
async function talkTo(address: string): Promise<PageReport> {
  const libp2p = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // By default pages are kept from dialling addresses of the local network.
    connectionGater: { denyDialMultiaddr: () => false },
  });
  const peer = multiaddr(address);
  const remote = new RepoClient({ libp2p, peer });
  const header = { id: 'from-page', type: 'note', collectionId: 'from-page' };
  const insert = { header, text: 'größer', bytes: new Uint8Array([0, 255]) };
  const pended = await remote.pend({
    trxId: 'page-1',
    rev: 1,
    policy: 'f',
    transforms: { inserts: { 'from-page': insert } },
  });
  const committed = await remote.commit({ trxId: 'page-1', blockIds: ['from-page'], rev: 1 });
  const { 'from-page': read } = await remote.get({ blockIds: ['from-page'] });
  const refused = await remote.commit({ trxId: 'none', blockIds: ['from-page'], rev: 0 }).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );
  const feed: number[] = [];
  for await (const { seq } of remote.changes({ from: 48 })) if (feed.push(seq) === 3) break;

  const storage = new MemoryRawStorage();
  const restore = createRestoreCallback({ libp2p, peers: [[peer]], quorum: 1 });
  const repo = new StorageRepo(id => new BlockStorage(id, storage, restore), { storage, restoreUnknown: true });
  const { note: restored } = await repo.get({ blockIds: ['note'], context: { rev: 150 } });
  const { revisions, violationsTotal } = await repo.verify();
  await remote.close();
  await libp2p.stop();
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, member: unknown) => (member instanceof Uint8Array ? [...member] : member)));
  return {
    pended,
    committed,
    read: plain(read),
    refused,
    feed,
    restored: plain(restored),
    restoredRevisions: revisions,
    violations: violationsTotal,
  };
}

Object.assign(globalThis, { talkTo });
