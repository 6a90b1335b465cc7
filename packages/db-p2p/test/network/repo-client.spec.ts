import { describe, expect, it } from 'vitest';
import type { IBlock, IRepo } from '@blockstrata/db-core';
import { BlockStorage, MemoryRawStorage, RepoClient, repoService, StorageRepo } from '../../src/index.js';
import type { RepoClientInit, RepoServiceInit } from '../../src/index.js';
import { afterwards, tcpNode, until } from './tcp-nodes.js';

const header = (id: string) => ({ id, type: 'note', collectionId: 'notes' });
const insert = (id: string, extra: object = {}) => ({ inserts: { [id]: { header: header(id), ...extra } } });

type Setup = { init?: Partial<RepoServiceInit>; client?: Partial<RepoClientInit>; repo?: IRepo };

async function setUp({ init = {}, client = {}, repo }: Setup = {}) {
  const storage = new MemoryRawStorage();
  const local = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  const server = await tcpNode({ repo: repoService({ repo: repo ?? local, authorize: () => true, ...init }) });
  const dialer = await tcpNode();
  const remote = new RepoClient({ libp2p: dialer, peer: server.getMultiaddrs(), ...client });
  afterwards(() => remote.close());
  afterwards(() => storage.close());
  return { local, remote, server, dialer, storage };
}

describe('RepoClient over TCP', () => {
  it('pends, commits, reads and cancels like a local repository', async () => {
    const { local, remote } = await setUp();
    const bytes = new Uint8Array([1, 2, 3]);
    expect(
      await remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a', { bytes, list: [1, 'x', null] }) }),
    ).toEqual({
      success: true,
      pending: [],
      blockIds: ['a'],
    });
    expect(await remote.commit({ trxId: 't1', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
    const read = await remote.get({ blockIds: ['a', 'constructor'] });
    expect(read).toEqual(await local.get({ blockIds: ['a', 'constructor'] }));
    expect(read.a?.block).toEqual({ header: header('a'), bytes, list: [1, 'x', null] });
    await remote.pend({ trxId: 't2', rev: 2, policy: 'c', transforms: { updates: { a: [['list', 0, 1, ['y']]] } } });
    expect((await local.get({ blockIds: ['a'] })).a?.state.pendings).toEqual(['t2']);
    await remote.cancel({ trxId: 't2', blockIds: ['a'] });
    expect((await local.get({ blockIds: ['a'] })).a?.state.pendings).toBeUndefined();
  });

  it('returns the same failures as the repository itself', async () => {
    const { local, remote } = await setUp();
    await local.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a', { n: 1 }) });
    await local.commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
    await local.pend({ trxId: 't2', rev: 2, policy: 'f', transforms: { updates: { a: [['n', 0, 0, 2]] } } });
    const requests = [
      { trxId: 't3', rev: 1, policy: 'f', transforms: { updates: { a: [['n', 0, 0, 3]] } }, bases: { a: 0 } },
      { trxId: 't3', rev: 2, policy: 'f', transforms: { updates: { a: [['n', 0, 0, 3]] } } },
      { trxId: 't3', rev: 2, policy: 'r', transforms: { deletes: ['a'] } },
      { trxId: 't2', rev: 2, policy: 'f', transforms: { deletes: ['a'] } },
    ] as const;
    for (const request of requests) {
      const [theirs, ours] = [
        await remote.pend(structuredClone(request) as never),
        await local.pend(structuredClone(request) as never),
      ];
      expect({ ...theirs, reason: '' }).toEqual({ ...ours, reason: '' });
    }
    expect(await remote.commit({ trxId: 't9', blockIds: ['a'], rev: 2 })).toMatchObject({ code: 'missing-pend' });
  });

  it('throws errors of the same class and code as the repository itself', async () => {
    const { remote, storage } = await setUp();
    await expect(remote.get({ blockIds: [''] })).rejects.toMatchObject({
      name: 'InvalidRequestError',
      path: 'blockIds[0]',
    });
    const update = {
      trxId: 't',
      rev: 1,
      policy: 'f' as const,
      transforms: { updates: { a: [['n', 0, 0, 3] as [string, number, number, unknown]] } },
    };
    await expect(remote.pend(update)).rejects.toMatchObject({ name: 'InvalidRequestError', code: 'invalid-request' });
    await expect(remote.pend({ ...update, transforms: insert('a', { at: new Date(0) }) })).rejects.toMatchObject({
      path: 'transforms.inserts["a"]["at"]',
    });
    await storage.close();
    await expect(remote.get({ blockIds: ['a'] })).rejects.toMatchObject({
      name: 'StoreClosedError',
      code: 'store-closed',
    });
  });

  it('treats ids such as __proto__ as any others', async () => {
    const { remote } = await setUp();
    const id = '__proto__';
    const inserts = Object.fromEntries([[id, { header: header(id) }]]);
    expect(await remote.pend({ trxId: 'constructor', rev: 1, policy: 'f', transforms: { inserts } })).toMatchObject({
      blockIds: [id],
    });
    expect(await remote.commit({ trxId: 'constructor', blockIds: [id], rev: 1 })).toEqual({ success: true });
    const read = await remote.get({ blockIds: [id, 'toString'] });
    expect(Object.keys(read).sort()).toEqual([id, 'toString'].sort());
    expect(read[id]?.block?.header.id).toBe(id);
  });

  it('hands out frozen blocks (INV-13)', async () => {
    const { remote } = await setUp();
    await remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a', { list: [{}] }) });
    await remote.commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
    const block = (await remote.get({ blockIds: ['a'] })).a?.block as IBlock & { list: unknown[] };
    expect([block, block.list, block.list[0]].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it('carries many calls over one stream, each answered when it is ready', async () => {
    const { remote, server } = await setUp();
    const ids = Array.from({ length: 500 }, (_, i) => `block-${i}`);
    await Promise.all(
      ids.map(async id => {
        await remote.pend({ trxId: id, rev: 1, policy: 'f', transforms: insert(id) });
        await remote.commit({ trxId: id, blockIds: [id], rev: 1 });
      }),
    );
    const read = await remote.get({ blockIds: ids });
    expect(ids.every(id => read[id]?.rev === 1)).toBe(true);
    expect(server.services.repo.streams).toBe(1);
  });

  it('lets a waiting pend through when the other transaction is gone', async () => {
    const { remote } = await setUp();
    await remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a') });
    const waiting = remote.pend({ trxId: 't2', rev: 1, policy: 'w', transforms: insert('a') });
    await remote.cancel({ trxId: 't1', blockIds: ['a'] });
    expect(await waiting).toMatchObject({ success: true });
  });

  it('lets a waiting pend expire at the peer', async () => {
    const { remote } = await setUp();
    await remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a') });
    const request = { trxId: 't2', rev: 1, policy: 'w' as const, transforms: insert('a') };
    expect(await remote.pend(request, { expiration: Date.now() + 50 })).toMatchObject({
      success: false,
      code: 'expired',
    });
    expect(await remote.pend(request, { expiration: Date.now() - 50 })).toMatchObject({
      success: false,
      code: 'expired',
    });
  });

  it('aborts a call at the peer when its caller aborts it', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const entered = Promise.withResolvers<void>();
    const repo = stub({
      get: (_gets, options) =>
        new Promise((_, reject) => {
          entered.resolve();
          options?.signal?.addEventListener('abort', () => {
            aborted.resolve(options.signal?.reason);
            reject(options.signal?.reason as Error);
          });
        }),
    });
    const { remote } = await setUp({ repo });
    const controller = new AbortController();
    const reason = new RangeError('enough');
    const call = remote.get({ blockIds: ['a'] }, { signal: controller.signal });
    await entered.promise;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await aborted.promise).toMatchObject({ code: 'remote-failed' });
  });

  it('aborts the calls of a caller that is gone', async () => {
    const aborted = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const repo = stub({
      get: (_gets, options) =>
        new Promise(() => {
          entered.resolve();
          options?.signal?.addEventListener('abort', () => aborted.resolve());
        }),
    });
    const { remote, dialer } = await setUp({ repo });
    const call = remote.get({ blockIds: ['a'] });
    call.catch(() => undefined);
    await entered.promise;
    await dialer.stop();
    await aborted.promise;
  });

  it('ends a call at its deadline, at both ends', async () => {
    const repo = stub({
      get: (_gets, options) =>
        new Promise((_, reject) =>
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error)),
        ),
    });
    const { remote } = await setUp({ repo, client: { deadlineMs: 100 } });
    await expect(remote.get({ blockIds: ['a'] })).rejects.toMatchObject({ code: 'expired' });
  });

  it('repeats a call when the stream breaks, with the same transaction id', async () => {
    const { remote, server, local } = await setUp();
    await remote.get({ blockIds: ['a'] });
    for (const connection of server.getConnections()) connection.abort(new RangeError('cut'));
    expect(await remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a') })).toMatchObject({
      success: true,
    });
    expect((await local.get({ blockIds: ['a'] })).a?.state.pendings).toEqual(['t1']);
  });

  it('repeats a cancel that may have overtaken its pend', async () => {
    const cancels: string[] = [];
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const repo = stub({
      pend: async () => {
        entered.resolve();
        await release.promise;
        return { success: true, pending: [], blockIds: ['a'] };
      },
      cancel: async ({ trxId }) => void cancels.push(trxId),
    });
    const { remote } = await setUp({ repo });
    const controller = new AbortController();
    const pend = remote.pend(
      { trxId: 't1', rev: 1, policy: 'f', transforms: insert('a') },
      { signal: controller.signal },
    );
    await entered.promise;
    controller.abort(new RangeError('enough'));
    await expect(pend).rejects.toBeInstanceOf(RangeError);
    await remote.cancel({ trxId: 't1', blockIds: ['a'] });
    expect(cancels).toEqual(['t1']);
    release.resolve();
    await until(() => cancels.length === 2);
  });

  it('says that a peer cannot be reached', async () => {
    const { remote, server } = await setUp({ client: { deadlineMs: 300 } });
    await server.stop();
    await expect(remote.get({ blockIds: ['a'] })).rejects.toMatchObject({
      code: 'remote-failed',
      reason: 'unreachable',
    });
  });

  it('never sends the text of an error', async () => {
    const repo = stub({ get: () => Promise.reject(new RangeError('/home/me/secret')) });
    const { remote } = await setUp({ repo });
    const error = await remote.get({ blockIds: ['a'] }).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'remote-failed', reason: 'failed' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
  });
});

describe('the change feed over TCP', () => {
  it('gives past entries and then live ones, and goes on from where it was', async () => {
    const { remote, local, storage } = await setUp();
    const write = async (n: number) => {
      await local.pend({ trxId: `t${n}`, rev: n, policy: 'f', transforms: insert(`b${n}`) });
      await local.commit({ trxId: `t${n}`, blockIds: [`b${n}`], rev: n });
    };
    for (const n of [1, 2, 3]) await write(n);
    const controller = new AbortController();
    const feed = remote.changes({ from: 1, signal: controller.signal });
    const seen: unknown[] = [(await feed.next()).value, (await feed.next()).value];
    const live = feed.next();
    await write(4);
    seen.push((await live).value);
    const expected: unknown[] = [];
    for await (const entry of storage.readLog({ from: 1 })) expected.push(entry);
    expect(seen).toEqual(expected);
    controller.abort(new RangeError('enough'));
    await expect(feed.next()).rejects.toBeInstanceOf(RangeError);
  });

  it('holds back entries that the reader has no room for (INV-12)', async () => {
    let produced = 0;
    const repo = Object.assign(stub({}), {
      async *changes() {
        for (let seq = 1; seq <= 10_000; seq++) {
          produced = seq;
          yield {
            seq,
            kind: 'commit' as const,
            trxId: 't',
            rev: seq,
            blockIds: ['a'],
            time: 0,
            prev: new Uint8Array(32),
          };
        }
      },
    });
    const limits = { feedCreditMax: 16 };
    const { remote } = await setUp({ repo, init: { limits }, client: { limits } });
    const feed = remote.changes();
    await feed.next();
    await until(() => produced >= 17);
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve));
    expect(produced).toBeLessThanOrEqual(18);
    let last = 1;
    for await (const { seq } of feed) last = seq;
    expect(last).toBe(10_000);
  });
});

/** An IRepo of which only some methods are expected to be called. */
function stub(methods: Partial<IRepo>): IRepo {
  const unexpected = () => Promise.reject(new TypeError('unexpected call'));
  return { get: unexpected, pend: unexpected, commit: unexpected, cancel: unexpected, ...methods };
}
