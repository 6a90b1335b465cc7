import { repoService, StorageRepo, BlockStorage, syncService } from '@blockstrata/db-p2p';
import { MemoryRawStorage, type RawStorage } from '@blockstrata/db-p2p/storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import type { Stream } from '@libp2p/interface';
import { BYTES_PROTOCOL, tcpNode } from './node.js';
import { HISTORY_BLOCK, writeHistory } from './history.js';

/** What the parent asks for. */
export type ServerSetup = {
  readonly revisions: number;
  readonly revisionBytes: number;
  readonly levelDirectory?: string;
};

const SEND_BYTES = 64 * 1024;

process.once('message', (setup: ServerSetup) => void serve(setup));

async function serve({ revisions, revisionBytes, levelDirectory }: ServerSetup): Promise<void> {
  const storage: RawStorage =
    levelDirectory === undefined ? new MemoryRawStorage() : new LevelDBRawStorage(levelDirectory);
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  await writeHistory(repo, revisions, revisionBytes);
  const authorize = () => true;
  const node = await tcpNode(['/ip4/127.0.0.1/tcp/0'], {
    repo: repoService({ repo, authorize }),
    sync: syncService({ storage, authorize }),
  });
  await node.handle(BYTES_PROTOCOL, sendBytes);
  process.send?.({ addresses: node.getMultiaddrs().map(String), block: HISTORY_BLOCK });
  process.once('message', () => {
    void Promise.resolve(node.stop())
      .then(() => storage.close())
      .then(() => process.disconnect());
  });
}

/** Answers a number of bytes, as text, with so many bytes. */
async function sendBytes(stream: Stream): Promise<void> {
  let asked = '';
  for await (const chunk of stream) {
    asked += Buffer.from(chunk.subarray()).toString('latin1');
    if (asked.endsWith('\n')) break;
  }
  const chunk = new Uint8Array(SEND_BYTES).fill(7);
  for (let left = Number(asked); left > 0; left -= chunk.length) {
    if (!stream.send(chunk.subarray(0, Math.min(left, chunk.length)))) await stream.onDrain();
  }
  await stream.close();
}
