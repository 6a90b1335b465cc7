import { describe, expect, it } from 'vitest';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { BlockOperation } from '@blockstrata/db-core';
import {
  BlockStorage,
  MemoryRawStorage,
  mirror,
  repoService,
  StorageRepo,
  syncService,
  type LogPosition,
  type MirrorProgress,
  type RawStorageOptions,
} from '../../src/index.js';
import { afterwards, tcpNode, until } from './tcp-nodes.js';

async function source(options: RawStorageOptions = {}) {
  const storage = new MemoryRawStorage(options);
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  const authorize = () => true;
  const services = { repo: repoService({ repo, authorize }), sync: syncService({ storage, authorize }) };
  afterwards(() => storage.close());
  return { storage, repo, node: await tcpNode(services) };
}

async function commit(repo: StorageRepo, rev: number, ids: string[], isFirst: boolean): Promise<void> {
  const operation: BlockOperation = ['log', 0, 0, [`entry of ${rev}`]];
  const transforms = isFirst
    ? {
        inserts: Object.fromEntries(
          ids.map(id => [id, { header: { id, type: 'log', collectionId: 'logs' }, log: [] }]),
        ),
      }
    : { updates: Object.fromEntries(ids.map(id => [id, [operation]])) };
  await repo.pend({ trxId: `t${rev}`, rev, policy: 'f', transforms });
  expect(await repo.commit({ trxId: `t${rev}`, blockIds: ids, rev })).toEqual({ success: true });
}

/** Every revision of every block, as it can be read. */
async function contents(repo: StorageRepo): Promise<unknown> {
  const found: unknown[] = [];
  const ids: string[] = [];
  for await (const id of repo.storage.listBlockIds()) ids.push(id);
  for (const id of ids.sort()) {
    for await (const { rev, trxId, base } of repo.storage.listRevisions(id, 0, Number.MAX_SAFE_INTEGER)) {
      const read = await repo.getHeld({ blockIds: [id], context: { rev } });
      found.push([id, rev, trxId, base, read[id]?.block]);
    }
  }
  return found;
}

function target() {
  const storage = new MemoryRawStorage();
  afterwards(() => storage.close());
  return new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
}

describe('mirror over TCP', () => {
  it('copies every revision, past and to come, and no pendings', async () => {
    const { repo, node } = await source({ limits: { archiveBytesMax: 8192, blockBytesMax: 4096 } });
    await commit(repo, 1, ['a', 'b'], true);
    for (let rev = 2; rev <= 60; rev++) await commit(repo, rev, [rev % 2 === 0 ? 'a' : 'b'], false);
    await repo.pend({ trxId: 'open', rev: 99, policy: 'f', transforms: { deletes: ['a'] } });
    const copy = target();
    const controller = new AbortController();
    const progress: MirrorProgress[] = [];
    const done = mirror(
      copy,
      { libp2p: await tcpNode(), peer: node.getMultiaddrs() },
      { signal: controller.signal, onProgress: event => progress.push(event) },
    );
    done.catch(() => undefined);
    await until(() => progress.at(-1)?.seq === repo.storage.logSeq);
    await commit(repo, 61, ['c'], true);
    await repo.cancel({ trxId: 'open', blockIds: ['a'] });
    await commit(repo, 62, ['a', 'c'], false);
    await until(() => progress.at(-1)?.seq === repo.storage.logSeq);
    expect(await contents(copy)).toEqual(await contents(repo));
    expect(await copy.verify()).toMatchObject({ violationsTotal: 0, blocks: 3 });
    controller.abort(new RangeError('enough'));
    await expect(done).rejects.toBeInstanceOf(RangeError);
  });

  it('catches up after a loss of contact from where it was', async () => {
    const { repo, node } = await source();
    await commit(repo, 1, ['a'], true);
    const copy = target();
    const libp2p = await tcpNode();
    const controller = new AbortController();
    const progress: MirrorProgress[] = [];
    const done = mirror(
      copy,
      { libp2p, peer: node.getMultiaddrs() },
      { signal: controller.signal, onProgress: event => progress.push(event) },
    );
    done.catch(() => undefined);
    for (let round = 0; round < 5; round++) {
      await until(() => progress.at(-1)?.seq === repo.storage.logSeq && progress.at(-1)?.type === 'copied');
      for (const connection of libp2p.getConnections()) connection.abort(new RangeError('cut'));
      await commit(repo, 2 + round, ['a'], false);
    }
    await until(() => progress.at(-1)?.seq === repo.storage.logSeq && progress.at(-1)?.type === 'copied');
    expect(progress.filter(({ type }) => type === 'interrupted').length).toBeGreaterThan(0);
    expect(await contents(copy)).toEqual(await contents(repo));
    controller.abort(new RangeError('enough'));
    await expect(done).rejects.toBeInstanceOf(RangeError);
  });

  it('fetches nothing again that is held, also when it starts from the beginning', async () => {
    const { repo, node } = await source();
    await commit(repo, 1, ['a', 'b'], true);
    await commit(repo, 2, ['a'], false);
    const copy = target();
    const libp2p = await tcpNode();
    for (const from of [0, 0, 2]) {
      const controller = new AbortController();
      const stop = (event: MirrorProgress): void => {
        if (event.seq === 2) controller.abort(new RangeError('enough'));
      };
      const run = mirror(
        copy,
        { libp2p, peer: node.getMultiaddrs() },
        { from, signal: controller.signal, onProgress: stop },
      );
      if (from === 2) setImmediate(() => controller.abort(new RangeError('enough')));
      await expect(run).rejects.toBeInstanceOf(RangeError);
    }
    expect(copy.storage.logSeq).toBe(2);
  });

  it('starts over where its position is not in the log of the peer, and keeps what it holds (INV-11)', async () => {
    const first = await source();
    await commit(first.repo, 1, ['a', 'b'], true);
    for (let rev = 2; rev <= 9; rev++) await commit(first.repo, rev, ['a'], false);
    const copy = target();
    const libp2p = await tcpNode();
    const follow = async (
      peer: { node: { getMultiaddrs(): Multiaddr[] } },
      from: LogPosition | number,
      seq: number,
    ) => {
      const controller = new AbortController();
      const progress: MirrorProgress[] = [];
      const done = mirror(
        copy,
        { libp2p, peer: peer.node.getMultiaddrs() },
        { from, signal: controller.signal, onProgress: event => progress.push(event) },
      );
      done.catch(() => undefined);
      await until(() => progress.at(-1)?.type === 'copied' && progress.at(-1)?.seq === seq);
      controller.abort(new RangeError('enough'));
      await expect(done).rejects.toBeInstanceOf(RangeError);
      const { seq: at, digest } = progress.at(-1) as LogPosition;
      return { position: { seq: at, digest }, types: progress.map(({ type }) => type) };
    };
    const { position } = await follow(first, 0, 9);
    const before = await contents(copy);
    // Wiped, and shorter than where the mirror was; then another store, and longer.
    for (const [revisions, from] of [
      [3, position],
      [12, position],
      [2, 9],
    ] as const) {
      const other = await source();
      const block = `block of ${revisions}`;
      await commit(other.repo, 1, [block], true);
      for (let rev = 2; rev <= revisions; rev++) await commit(other.repo, rev, [block], false);
      const { types } = await follow(other, from, revisions);
      expect(types[0]).toBe('restarted');
      expect((await copy.storage.getMetadata(block))?.latest?.rev).toBe(revisions);
    }
    expect(await contents(copy)).toEqual(expect.arrayContaining(before as unknown[]));
    await commit(first.repo, 10, ['b'], false);
    expect((await follow(first, position, 10)).types).toEqual(['copied']);
  });

  it('gives up where the peer does not grant it', async () => {
    const { repo } = await source();
    const node = await tcpNode({ repo: repoService({ repo }) });
    const run = mirror(
      target(),
      { libp2p: await tcpNode(), peer: node.getMultiaddrs() },
      { signal: new AbortController().signal },
    );
    await expect(run).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
