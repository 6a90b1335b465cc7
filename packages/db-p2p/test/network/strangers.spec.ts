import type { Stream } from '@libp2p/interface';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, type BlockOperation } from '@blockstrata/db-core';
import { randomRuns } from '../../../../test/random-runs.js';
import {
  BlockStorage,
  DEFAULT_NETWORK_LIMITS,
  MemoryRawStorage,
  RepoClient,
  repoService,
  StorageRepo,
  type Authorize,
  type NetworkLimits,
} from '../../src/index.js';
import { decodeCbor } from '../../src/network/wire/decode-cbor.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';
import { MessageChannel } from '../../src/network/wire/message-channel.js';
import { knownArchive } from './known-history.js';
import { afterwards, tcpNode, until } from './tcp-nodes.js';

const RUNS = 200;

type Setup = { authorize?: Authorize; limits?: Partial<NetworkLimits> };

async function serve({ authorize, limits }: Setup = {}) {
  const storage = new MemoryRawStorage();
  const seed = await knownArchive('note', undefined, '', 57);
  await new BlockStorage('note', storage, () => Promise.resolve(seed)).refresh();
  let restorations = 0;
  const restore = () => {
    restorations++;
    return Promise.resolve(undefined);
  };
  const repo = new StorageRepo(id => new BlockStorage(id, storage, restore), { storage, restoreUnknown: true });
  const init = { repo, ...(authorize === undefined ? {} : { authorize }), ...(limits === undefined ? {} : { limits }) };
  const node = await tcpNode({ repo: repoService(init) });
  const dialer = await tcpNode();
  const remote = new RepoClient({ libp2p: dialer, peer: node.getMultiaddrs(), deadlineMs: 20_000 });
  afterwards(() => remote.close());
  afterwards(() => storage.close());
  return { repo, node, dialer, remote, restorations: () => restorations };
}

const operation: BlockOperation = ['lines', 0, 0, ['x']];
const PEND = { trxId: 't', rev: 200, policy: 'f' as const, transforms: { updates: { note: [operation] } } };

describe('a stranger', () => {
  it('may read what is committed, and nothing else', async () => {
    const { remote, repo } = await serve();
    expect((await remote.get({ blockIds: ['note'] })).note?.rev).toBe(150);
    await expect(remote.pend(PEND)).rejects.toMatchObject({ code: 'unauthorized', operation: 'pend' });
    await expect(remote.commit({ trxId: 't', blockIds: ['note'], rev: 200 })).rejects.toMatchObject({
      code: 'unauthorized',
    });
    await expect(remote.cancel({ trxId: 't', blockIds: ['note'] })).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(remote.changes().next()).rejects.toMatchObject({ code: 'unauthorized', operation: 'feed' });
    expect((await repo.get({ blockIds: ['note'] })).note?.state.pendings).toBeUndefined();
  });

  it('sees no pendings, whatever it knows of them', async () => {
    const { remote, repo } = await serve();
    await repo.pend(PEND);
    const context = { trxId: 't', committed: [{ trxId: 't', rev: 200 }] };
    expect((await repo.get({ blockIds: ['note'], context })).note?.state.latest?.rev).toBe(200);
    const seen = (await remote.get({ blockIds: ['note'], context })).note;
    expect(seen?.state).toEqual({ latest: { trxId: 'trx-150', rev: 150 } });
    expect((seen?.block?.lines as unknown[])[0]).toBe('line of 150');
  });

  it('triggers no restoration', async () => {
    const { remote, repo, restorations } = await serve();
    const context = { rev: 30 };
    expect((await remote.get({ blockIds: ['note', 'unknown'], context })).note?.unavailable).toBe('restore-failed');
    expect(restorations()).toBe(0);
    await repo.get({ blockIds: ['note'], context });
    expect(restorations()).toBe(1);
  });

  it('may not ask for too many blocks at once', async () => {
    const { remote } = await serve();
    const blockIds = Array.from({ length: DEFAULT_NETWORK_LIMITS.strangerGetBlocksMax + 1 }, (_, i) => `b${i}`);
    await expect(remote.get({ blockIds })).rejects.toMatchObject({
      code: 'limit-exceeded',
      limit: 'strangerGetBlocksMax',
    });
  });
});

describe('authorize', () => {
  it('decides by peer, operation and blocks', async () => {
    const asked: unknown[] = [];
    const authorize: Authorize = (_peer, op, blockIds) => {
      asked.push([op, [...blockIds]]);
      return op === 'get' ? 'committed' : op === 'pend' && !blockIds.includes('secret');
    };
    const { remote } = await serve({ authorize });
    expect(await remote.pend(PEND)).toMatchObject({ success: true });
    const header = { id: 'secret', type: 'note', collectionId: 'secret' };
    const transforms = { ...PEND.transforms, inserts: { secret: { header } } };
    await expect(remote.pend({ ...PEND, trxId: 'u', transforms })).rejects.toMatchObject({ code: 'unauthorized' });
    expect((await remote.get({ blockIds: ['note'] })).note?.state.pendings).toBeUndefined();
    expect(asked).toContainEqual(['pend', ['note']]);
  });

  it('refuses where it fails', async () => {
    const { remote } = await serve({ authorize: () => Promise.reject(new RangeError('down')) });
    await expect(remote.get({ blockIds: ['note'] })).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('a service, whatever it is sent (INV-12)', () => {
  /** A stream on which anything can be sent, and the answers that came back. */
  async function raw(setup: Setup = {}) {
    const served = await serve(setup);
    const stream: Stream = await served.dialer.dialProtocol(served.node.getMultiaddrs(), '/blockstrata/repo/1.0.0');
    const answers: Record<string, unknown>[] = [];
    let closed = false;
    const channel = new MessageChannel(stream, DEFAULT_NETWORK_LIMITS, systemClock, {
      onMessage: message => void answers.push(decodeCbor(message, DEFAULT_NETWORK_LIMITS) as Record<string, unknown>),
      onEnd: () => void channel.close(),
      onClose: () => (closed = true),
    });
    return { ...served, stream, channel, answers, closed: () => closed };
  }

  it('answers what it cannot decode with a code, under no id, and closes the stream', async () => {
    const { channel, answers, closed, remote, node } = await raw();
    channel.send(new Uint8Array([0xff]));
    await until(() => answers.length > 0 && closed());
    expect(answers).toEqual([{ id: 0, error: { code: 'invalid-request', path: 'message' } }]);
    expect((await remote.get({ blockIds: ['note'] })).note?.rev).toBe(150);
    await until(() => node.services.repo.streams === 1);
  });

  it('answers a call that it does not know, and goes on', async () => {
    const { channel, answers } = await raw();
    channel.send(encodeCbor({ id: 1, op: 'dance', body: {} }));
    channel.send(encodeCbor({ id: 2, op: 'get', body: { blockIds: [] } }));
    await until(() => answers.length === 2);
    expect(answers).toEqual([
      { id: 1, error: { code: 'invalid-request', path: 'message.op' } },
      { id: 2, ok: [] },
    ]);
  });

  it('takes no message of a stranger that is too long, or has too many elements', async () => {
    const long = await raw();
    long.channel.send(new Uint8Array(DEFAULT_NETWORK_LIMITS.strangerMessageBytesMax + 1));
    await until(long.closed);
    const many = await raw();
    many.channel.send(encodeCbor(Array.from({ length: 20_001 }, () => 0)));
    await until(() => many.answers.length > 0);
    expect(many.answers[0]).toMatchObject({ error: { code: 'limit-exceeded', limit: 'messageElementsMax' } });
  });

  it('ends a stream that sends half a message and waits', async () => {
    const { stream, closed, node } = await raw({ limits: { messageMsMax: 100 } });
    stream.send(new Uint8Array([50, 1, 2, 3]));
    await until(closed);
    await until(() => node.services.repo.streams === 0);
  });

  it('leaves unread what is too much at once, and gets to all of it', async () => {
    const { channel, answers } = await raw({
      authorize: () => true,
      limits: { peerRequestsInFlightMax: 16, strangerRequestsInFlightMax: 16 },
    });
    for (let id = 1; id <= 500; id++) channel.send(encodeCbor({ id, op: 'get', body: { blockIds: ['note'] } }));
    await until(() => answers.length === 500);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(500);
  });

  it('closes its half when the caller has closed its own, after the last answer', async () => {
    const { channel, answers, closed, node } = await raw();
    channel.send(encodeCbor({ id: 1, op: 'get', body: { blockIds: ['note'] } }));
    await channel.close();
    await until(closed);
    expect(answers).toHaveLength(1);
    await until(() => node.services.repo.streams === 0);
  });

  it('survives any bytes and any message', { timeout: 120_000 }, async () => {
    const { node, dialer, remote } = await serve({ authorize: () => true });
    const anything = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc
        .record({
          id: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string()),
          op: fc.constantFrom('get', 'pend', 'commit', 'cancel', 'feed', 'more', 'abort', '__proto__'),
          body: fc.oneof(
            fc.object({ withNullPrototype: true }),
            fc.record({
              blockIds: fc.array(fc.string()),
              trxId: fc.string(),
              rev: fc.double(),
              transforms: fc.object(),
            }),
          ),
          credit: fc.integer(),
          deadlineMs: fc.integer({ min: 0, max: 50 }),
        })
        .map(message => encoded(message)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 8 }), async messages => {
        const stream = await dialer.dialProtocol(node.getMultiaddrs(), '/blockstrata/repo/1.0.0');
        const channel = new MessageChannel(stream, DEFAULT_NETWORK_LIMITS, systemClock, {
          onMessage: message => {
            const { error } = decodeCbor(message, DEFAULT_NETWORK_LIMITS) as { error?: { code: string } };
            expect(error?.code).not.toBe('remote-failed');
          },
          onClose: () => undefined,
        });
        for (const message of messages) channel.send(message);
        await channel.ready();
        channel.abort(new RangeError('enough'));
      }),
      randomRuns('packages/db-p2p/test/network/strangers.spec.ts', RUNS, 'inputs'),
    );
    expect((await remote.get({ blockIds: ['note'] })).note?.rev).toBe(150);
    await until(() => node.services.repo.streams === 1);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

function encoded(message: object): Uint8Array {
  try {
    return encodeCbor(message);
  } catch {
    return new Uint8Array([0xa0]);
  }
}
