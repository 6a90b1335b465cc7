/** A peer that lies, in a process of its own: which lie it tells is in the id of the block that it is asked for. */
import '../../src/network/promise-with-resolvers.js';
import { createInterface } from 'node:readline';
import { noise } from '@libp2p/noise';
import { yamux } from '@libp2p/yamux';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import type { Libp2p, Stream } from '@libp2p/interface';
import { createLibp2p } from 'libp2p';
import { systemClock } from '@blockstrata/db-core';
import { DEFAULT_NETWORK_LIMITS } from '../../src/network/limits.js';
import { decodeCbor } from '../../src/network/wire/decode-cbor.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';
import { MessageChannel } from '../../src/network/wire/message-channel.js';
import { LIES, type Liar } from './lies.js';

const SYNC = '/blockstrata/sync/1.0.0';
const REPO = '/blockstrata/repo/1.0.0';

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 10_000 },
});

function serve(stream: Stream): void {
  const channel = new MessageChannel(stream, DEFAULT_NETWORK_LIMITS, systemClock, {
    onMessage: message => {
      const { id, op, body } = decodeCbor(message, DEFAULT_NETWORK_LIMITS) as {
        id: number;
        op: string;
        body: Record<string, unknown>;
      };
      if (body === undefined) return;
      const blockId = String(body.blockId);
      const lie = LIES[blockId.split(':')[1] ?? ''];
      const liar: Liar = {
        id,
        op,
        blockId,
        rev: body.rev as number | undefined,
        floor: body.floor as number | undefined,
        tag: process.argv[2] ?? '',
        stream,
        part: value => channel.send(encodeCbor({ id, part: value })),
        ok: value => channel.send(encodeCbor({ id, ok: value })),
        ready: () => channel.ready(),
      };
      void lie?.(liar);
    },
    onClose: () => undefined,
  });
}

const FLOODS: Record<'streams' | 'connections' | 'bytes', (target: string, count: number) => Promise<number>> = {
  /** As many streams as it can get, half a message on each. */
  async streams(target, count) {
    let opened = 0;
    const connection = await node.dial(multiaddr(target));
    for (let i = 0; i < count; i++) {
      try {
        const stream = await connection.newStream(REPO, {
          maxOutboundStreams: count,
          signal: AbortSignal.timeout(2_000),
        });
        stream.send(new Uint8Array([0xff, 0xff, 0x01, 1, 2, 3]));
        opened++;
      } catch {
        if (connection.status !== 'open') break;
      }
    }
    return opened;
  },
  /** Connections from as many identities. */
  async connections(target, count) {
    const others: Libp2p[] = [];
    let opened = 0;
    for (let i = 0; i < count; i++) {
      const other = await createLibp2p({
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
      });
      others.push(other);
      const stream = await other
        .dialProtocol(multiaddr(target), REPO, { signal: AbortSignal.timeout(2_000) })
        .catch(() => undefined);
      stream?.send(new Uint8Array([0xff, 0xff, 0x01, 1, 2, 3]));
      if (stream !== undefined) opened++;
    }
    for (const other of others) await other.stop();
    return opened;
  },
  /** Requests without end, whose answers it does not read. */
  async bytes(target, count) {
    const stream = await node.dialProtocol(multiaddr(target), REPO);
    stream.pause();
    const body = { blockIds: ['note:honest'] };
    let sent = 0;
    for (; sent < count && stream.status === 'open'; sent++) {
      const message = encodeCbor({ id: sent + 1, op: 'get', body });
      if (!stream.send(new Uint8Array([message.length, ...message]))) {
        await stream.onDrain({ signal: AbortSignal.timeout(2_000) }).catch(() => stream.abort(new RangeError('stuck')));
      }
    }
    stream.abort(new RangeError('enough'));
    return sent;
  },
};

await node.handle(SYNC, serve, { maxInboundStreams: 1_000 });
process.stdout.write(`${JSON.stringify({ addresses: node.getMultiaddrs().map(String) })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { flood, target, count } = JSON.parse(line) as {
    flood: 'streams' | 'connections' | 'bytes';
    target: string;
    count: number;
  };
  const done = await FLOODS[flood](target, count).catch((error: unknown) => String(error));
  process.stdout.write(`${JSON.stringify({ flood, done })}\n`);
}
await node.stop();
