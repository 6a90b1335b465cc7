import { createHash } from 'node:crypto';
import { BlockStorage, createRestoreCallback, StorageRepo } from '@blockstrata/db-p2p';
import { MemoryRawStorage } from '@blockstrata/db-p2p/storage';
import type { Figure, Outcome } from '../harness/figure.js';
import type { Asked } from '../harness/question.js';
import { timed } from '../harness/timed.js';
import { HISTORY_BLOCK } from './history.js';
import { BYTES_PROTOCOL, tcpNode } from './node.js';
import { startServer } from './server.js';

const BARE = 'bare libp2p stream, as many bytes';

/** Restores a whole history into an empty store, and sends as many bytes over a bare stream. */
export function restoreFigure(asked: Asked, revisionBytes: number): Figure {
  const { small } = asked;
  const revisions = small ? 300 : 10_000;
  return {
    name: `restore a block of ${revisions} revisions of ${revisionBytes} bytes`,
    unit: '/s',
    bound: { against: BARE, atLeast: 0.5 },
    async prepare() {
      const server = await startServer({ revisions, revisionBytes });
      const node = await tcpNode([], {});
      let bytes = 0;
      const ours = async (): Promise<Outcome> => {
        const storage = new MemoryRawStorage();
        const restore = createRestoreCallback({
          libp2p: node,
          peers: [server.addresses],
          quorum: 1,
          timeoutMs: 300_000,
        });
        const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage, restore), { storage });
        const before = receivedBytes();
        const ms = await timed(async () => {
          await repo.refresh([HISTORY_BLOCK]);
          for (let floor = await floorOf(storage); floor > 1; floor = await floorOf(storage)) {
            await new BlockStorage(HISTORY_BLOCK, storage, restore).ensureRevision(floor - 1);
          }
        });
        bytes = receivedBytes() - before;
        const read = await repo.get({ blockIds: [HISTORY_BLOCK] });
        const { latest } = read[HISTORY_BLOCK]?.state ?? {};
        if (latest?.rev !== revisions)
          asked.check({ name: 'restored', passed: false, detail: `${latest?.rev} of ${revisions}` });
        await restore.close();
        await storage.close();
        const hash = createHash('sha256').update(JSON.stringify(read)).digest('hex');
        return { value: (revisions / ms) * 1000, hash };
      };
      const bare = async (): Promise<Outcome> => {
        const ms = await timed(async () => {
          const stream = await node.dialProtocol(server.addresses, BYTES_PROTOCOL);
          stream.send(Buffer.from(`${bytes}\n`));
          let received = 0;
          for await (const chunk of stream) received += chunk.byteLength;
          if (received !== bytes)
            asked.check({ name: 'bare stream', passed: false, detail: `${received} of ${bytes} bytes` });
          await stream.close();
        });
        return { value: (revisions / ms) * 1000 };
      };
      /** What the one connection has carried, as the sockets of this process count it. */
      const receivedBytes = (): number => {
        const sockets = process as { _getActiveHandles?: () => { bytesRead?: number }[] };
        return (sockets._getActiveHandles?.() ?? []).reduce((sum, { bytesRead = 0 }) => sum + bytesRead, 0);
      };
      return {
        ours: { name: 'restore into memory, checked', run: ours },
        peers: [{ name: BARE, run: bare }],
        async dispose() {
          await node.stop();
          await server.stop();
        },
      };
    },
  };
}

async function floorOf(storage: MemoryRawStorage): Promise<number> {
  return (await storage.getMetadata(HISTORY_BLOCK))?.ranges.at(-1)?.[0] ?? 0;
}
