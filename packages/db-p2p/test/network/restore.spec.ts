import { describe, expect, it } from 'vitest';
import type { IBlock } from '@blockstrata/db-core';
import {
  BlockStorage,
  createRestoreCallback,
  MemoryRawStorage,
  StorageRepo,
  syncService,
  type RawStorageOptions,
  type RestoreCallbackInit,
  type RestoreProgress,
  type SyncServiceInit,
} from '../../src/index.js';
import { ManualClock } from '../../../../test/simulation/manual-clock.js';
import { DEFAULT_NETWORK_LIMITS } from '../../src/network/limits.js';
import { SyncClient } from '../../src/network/sync/sync-client.js';
import { afterwards, tcpNode } from './tcp-nodes.js';

const ID = 'note';

/** A repository that holds `revisions` of one block, numbered 3, 6, 9, … */
async function history(revisions: number, tag = '', options: RawStorageOptions = {}) {
  const storage = new MemoryRawStorage(options);
  afterwards(() => storage.close());
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  for (let n = 1; n <= revisions; n++) await write(repo, n, tag);
  return { storage, repo };
}

async function write(repo: StorageRepo, n: number, tag = ''): Promise<void> {
  const header = { id: ID, type: 'note', collectionId: ID };
  const transforms =
    n === 1
      ? { inserts: { [ID]: { header, lines: ['line 1'] } as IBlock } }
      : { updates: { [ID]: [['lines', n - 1, 0, [`line ${n}${tag}`]] as [string, number, number, unknown]] } };
  await repo.pend({ trxId: `t${n}${tag}`, rev: 3 * n, policy: 'f', transforms });
  expect(await repo.commit({ trxId: `t${n}${tag}`, blockIds: [ID], rev: 3 * n })).toEqual({ success: true });
}

async function serve(storage: MemoryRawStorage, init: Partial<SyncServiceInit> = {}) {
  return tcpNode({ sync: syncService({ storage, ...init }) });
}

type Server = Awaited<ReturnType<typeof serve>>;

/** A store that restores from these servers. */
async function restoring(servers: Server[], init: Partial<RestoreCallbackInit> = {}) {
  const libp2p = await tcpNode();
  const storage = new MemoryRawStorage();
  const progress: RestoreProgress[] = [];
  const restore = createRestoreCallback({
    libp2p,
    peers: servers.map(server => server.getMultiaddrs()),
    storage,
    onProgress: event => progress.push(event),
    ...init,
  });
  afterwards(() => restore.close());
  afterwards(() => storage.close());
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage, restore), {
    storage,
    restoreUnknown: true,
  });
  return { repo, storage, restore, progress, libp2p };
}

describe('a restoration over TCP', () => {
  it('brings the whole history of a block that two holders agree on', async () => {
    const { storage, repo: original } = await history(100);
    const servers = [await serve(storage), await serve(storage)];
    const { repo, progress } = await restoring(servers);
    const read = await repo.get({ blockIds: [ID], context: { rev: 300 } });
    expect(read).toEqual(await original.get({ blockIds: [ID] }));
    for (const rev of [3, 4, 150, 299]) {
      const context = { rev };
      expect(await repo.getHeld({ blockIds: [ID], context })).toMatchObject(
        await original.get({ blockIds: [ID], context }),
      );
    }
    expect((await repo.verify()).violationsTotal).toBe(0);
    expect(progress.at(-1)).toMatchObject({ type: 'agreed', revisions: 100 });
  });

  it('walks down a history that is longer than one archive', async () => {
    const limits = { archiveBytesMax: 8192, blockBytesMax: 4096 };
    const { storage, repo: original } = await history(60, '', { limits });
    const server = await serve(storage);
    const { repo, storage: local } = await restoring([server], { quorum: 1 });
    await repo.refresh([ID]);
    for (let floor = await floorOf(local); floor > 3; floor = await floorOf(local)) {
      await repo.get({ blockIds: [ID], context: { rev: floor - 1 } });
      expect(await floorOf(local)).toBeLessThan(floor);
    }
    const context = { rev: 30 };
    expect(await repo.getHeld({ blockIds: [ID], context })).toEqual({
      [ID]: (await original.get({ blockIds: [ID], context }))[ID],
    });
    expect((await local.getMetadata(ID))?.ranges).toEqual([[3]]);
    expect((await repo.verify()).violationsTotal).toBe(0);
  });

  it('fetches only what is new when it refreshes', async () => {
    const { storage, repo: original } = await history(50);
    const servers = [await serve(storage), await serve(storage)];
    const { repo, progress } = await restoring(servers);
    await repo.refresh([ID]);
    for (const n of [51, 52]) await write(original, n);
    progress.length = 0;
    await repo.refresh([ID]);
    expect(await repo.get({ blockIds: [ID] })).toEqual(await original.get({ blockIds: [ID] }));
    expect(progress.at(-1)).toMatchObject({ type: 'agreed', revisions: 2 });
    await repo.refresh([ID]);
  });

  it('takes from holders of different depth what they have in common', async () => {
    const { storage: deep } = await history(50);
    const { storage: behind } = await history(40);
    const { repo } = await restoring([await serve(deep), await serve(behind)]);
    await repo.refresh([ID]);
    expect((await repo.get({ blockIds: [ID] }))[ID]?.state.latest).toEqual({ trxId: 't40', rev: 120 });
  });

  it('refuses what too few holders agree on', async () => {
    const { storage: one } = await history(10);
    const { storage: other } = await history(10, '-forged');
    const { repo, storage, progress } = await restoring([await serve(one), await serve(other)]);
    expect((await repo.get({ blockIds: [ID] }))[ID]).toMatchObject({ state: {} });
    expect(await storage.getMetadata(ID)).toBeUndefined();
    expect(progress.filter(({ type }) => type === 'refused').length).toBeGreaterThan(0);
  });

  it('needs two holders unless one is said to be enough', async () => {
    const { storage } = await history(10);
    const server = await serve(storage);
    const two = await restoring([server]);
    await expect(two.restore(ID)).rejects.toMatchObject({ code: 'restore-failed' });
    const one = await restoring([server], { quorum: 1 });
    expect(await one.restore(ID)).toMatchObject({ blockId: ID });
  });

  it('asks another holder when one is slow', async () => {
    const { storage } = await history(10);
    const silent = await tcpNode();
    await silent.handle('/blockstrata/sync/1.0.0', () => undefined);
    const servers = [silent as Server, await serve(storage), await serve(storage)];
    const { restore } = await restoring(servers, { limits: { hedgeMs: 50 } });
    const start = Date.now();
    expect(Object.keys((await restore(ID, 30))?.revisions ?? {})).toHaveLength(10);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  it('lets the database decide at last', async () => {
    const { storage } = await history(10);
    const servers = [await serve(storage), await serve(storage)];
    const seen: string[] = [];
    const refusing = await restoring(servers, {
      verify: (archive, peer) => {
        seen.push(`${archive.blockId} from ${peer}`);
        return false;
      },
    });
    await expect(refusing.restore(ID)).rejects.toMatchObject({ code: 'restore-failed' });
    expect(seen.length).toBeGreaterThan(0);
  });

  it('says undefined where nobody has the block', async () => {
    const { storage } = await history(1);
    const { restore } = await restoring([await serve(storage), await serve(storage)]);
    expect(await restore('other')).toBeUndefined();
    expect(await restore('other', 5)).toBeUndefined();
  });

  it('compresses only if both sides say so', async () => {
    const { storage } = await history(100);
    const willing = [await serve(storage), await serve(storage)];
    const unwilling = [await serve(storage, { compress: false }), await serve(storage, { compress: false })];
    for (const servers of [willing, unwilling]) {
      const { restore } = await restoring(servers, { compress: true });
      expect(Object.keys((await restore(ID))?.revisions ?? {})).toHaveLength(100);
    }
  });

  it('goes on where it was when the stream breaks', async () => {
    const { storage } = await history(200);
    const server = await serve(storage, { limits: { chunkBytesMax: 1024 } });
    const libp2p = await tcpNode();
    const client = new SyncClient({ libp2p, peer: server.getMultiaddrs() });
    afterwards(() => client.close());
    let cuts = 0;
    const chunks: number[] = [];
    const onChunk = (revisions: number): void => {
      chunks.push(revisions);
      if (cuts < 3 && revisions > 40 * (cuts + 1)) {
        cuts++;
        for (const connection of libp2p.getConnections()) connection.abort(new RangeError('cut'));
      }
    };
    const archive = await client.archive(ID, 600, { signal: AbortSignal.timeout(25_000), onChunk });
    expect(cuts).toBe(3);
    expect(Object.keys(archive?.revisions ?? {})).toHaveLength(200);
    expect(chunks).toEqual([...chunks].sort((a, b) => a - b));
  });

  it('goes on where it was when its time at the holder is over', async () => {
    const { storage } = await history(200);
    const clock = new ManualClock();
    const server = await serve(storage, { limits: { chunkBytesMax: 1024 }, clock });
    const libp2p = await tcpNode();
    const limits = { ...DEFAULT_NETWORK_LIMITS, feedCreditMax: 4 };
    const client = new SyncClient({ libp2p, peer: server.getMultiaddrs(), limits });
    afterwards(() => client.close());
    let expired = 0;
    const onChunk = (revisions: number): void => {
      if (expired === 3 || revisions <= 40 * (expired + 1)) return;
      expired++;
      clock.fire();
    };
    const archive = await client.archive(ID, 600, { signal: AbortSignal.timeout(25_000), onChunk });
    expect(expired).toBe(3);
    expect(Object.keys(archive?.revisions ?? {})).toHaveLength(200);
  });

  it('shows pendings to the authorised only, and never installs them', async () => {
    const { storage, repo } = await history(2);
    await repo.pend({ trxId: 'p', rev: 9, policy: 'f', transforms: { deletes: [ID] } });
    const libp2p = await tcpNode();
    const fetch = async (init: Partial<SyncServiceInit>) => {
      const client = new SyncClient({ libp2p, peer: (await serve(storage, init)).getMultiaddrs() });
      afterwards(() => client.close());
      return client.archive(ID, undefined, { pendings: true, signal: AbortSignal.timeout(25_000) });
    };
    expect((await fetch({ authorize: () => true }))?.pending).toMatchObject({
      p: { trxId: 'p', transforms: { deletes: [ID] } },
    });
    expect((await fetch({ authorize: () => 'committed' }))?.pending).toBeUndefined();
    expect((await fetch({}))?.pending).toBeUndefined();
    await expect(fetch({ authorize: () => false })).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

async function floorOf(storage: MemoryRawStorage): Promise<number> {
  return (await storage.getMetadata(ID))?.ranges[0]?.[0] ?? 0;
}
