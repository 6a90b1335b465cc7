import { createHash } from 'node:crypto';
import { BlockStorage, createRestoreCallback, StorageRepo } from '@blockstrata/db-p2p';
import { MemoryRawStorage, type RawStorage } from '@blockstrata/db-p2p/storage';
import type { Libp2p } from '@libp2p/interface';
import type { Figure, Outcome } from '../harness/figure.js';
import type { Asked } from '../harness/question.js';
import { timed } from '../harness/timed.js';
import { bareRestore, recordRestore } from './bare-restore.js';
import { HISTORY_BLOCK } from './history.js';
import { BYTES_PROTOCOL, tcpNode } from './node.js';
import { startServer, type Server } from './server.js';

const STREAM = 'bare libp2p stream, as many bytes';
const PROGRAM = 'bare program: the stream, walked, sealed';

/** Restores a whole history into an empty store, and sends as many bytes over a bare stream. */
export function restoreFigure(asked: Asked, revisionBytes: number): Figure {
  const revisions = asked.small ? 300 : 10_000;
  return {
    name: `restore a block of ${revisions} revisions of ${revisionBytes} bytes`,
    unit: '/s',
    bound: { against: STREAM, atLeast: 0.5, bare: PROGRAM },
    async prepare() {
      const server = await startServer({ revisions, revisionBytes });
      const node = await tcpNode([], {});
      const records = await recordRestore(storage => restoreWhole(storage, node, server));
      const measure = async (work: () => Promise<void>): Promise<Outcome> => {
        const here = process.cpuUsage();
        const thereMs = await server.cpuMs();
        const ms = await timed(work);
        const { user, system } = process.cpuUsage(here);
        const partsMs = { 'cpu here': (user + system) / 1000, 'cpu there': (await server.cpuMs()) - thereMs };
        return { value: (revisions / ms) * 1000, partsMs };
      };
      const mustBe = (name: string, found: number | undefined, expected: number): void => {
        if (found !== expected) asked.check({ name, passed: false, detail: `${found} of ${expected}` });
      };
      let bytes = 0;
      const ours = async (): Promise<Outcome> => {
        const storage = new MemoryRawStorage();
        const before = receivedBytes();
        const outcome = await measure(() => restoreWhole(storage, node, server));
        bytes = receivedBytes() - before;
        const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
        const read = await repo.get({ blockIds: [HISTORY_BLOCK] });
        mustBe('restored revisions', read[HISTORY_BLOCK]?.state.latest?.rev, revisions);
        await storage.close();
        return { ...outcome, hash: createHash('sha256').update(JSON.stringify(read)).digest('hex') };
      };
      const stream = async (): Promise<Outcome> =>
        measure(async () => mustBe('bytes of the bare stream', await bareStream(node, server, bytes), bytes));
      const program = async (): Promise<Outcome> =>
        measure(async () => {
          const done = await bareRestore(node, server.addresses, records);
          mustBe('revisions of the bare program', done.revisions, revisions);
        });
      return {
        ours: { name: 'restore into memory, checked', run: ours },
        peers: [
          { name: STREAM, run: stream },
          { name: PROGRAM, run: program },
        ],
        async dispose() {
          await node.stop();
          await server.stop();
        },
      };
    },
  };
}

async function restoreWhole(storage: RawStorage, node: Libp2p, server: Server): Promise<void> {
  const restore = createRestoreCallback({ libp2p: node, peers: [server.addresses], quorum: 1, timeoutMs: 300_000 });
  await new BlockStorage(HISTORY_BLOCK, storage, restore).ensureHistory();
  await restore.close();
}

async function bareStream(node: Libp2p, server: Server, bytes: number): Promise<number> {
  const stream = await node.dialProtocol(server.addresses, BYTES_PROTOCOL);
  stream.send(Buffer.from(`${bytes}\n`));
  let received = 0;
  for await (const chunk of stream) received += chunk.byteLength;
  await stream.close();
  return received;
}

/** What the one connection has carried, as the sockets of this process count it. */
function receivedBytes(): number {
  const sockets = process as { _getActiveHandles?: () => { bytesRead?: number }[] };
  return (sockets._getActiveHandles?.() ?? []).reduce((sum, { bytesRead = 0 }) => sum + bytesRead, 0);
}
