import { Encoder } from 'cbor-x';
import { repoService, StorageRepo, BlockStorage, syncService } from '@blockstrata/db-p2p';
import { exportArchive, MemoryRawStorage, type RawStorage } from '@blockstrata/db-p2p/storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import type { Stream } from '@libp2p/interface';
import { BYTES_PROTOCOL, HISTORY_PROTOCOL, tcpNode } from './node.js';
import { HISTORY_BLOCK, writeHistory } from './history.js';

/** What the parent asks for. */
export type ServerSetup = {
  readonly revisions: number;
  readonly revisionBytes: number;
  readonly levelDirectory?: string;
};

const SEND_BYTES = 64 * 1024;
const CHUNK_REVISIONS = 64;

process.once('message', (setup: ServerSetup) => void serve(setup));
// A server whose parent is gone has nobody to serve.
process.once('disconnect', () => process.exit());

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
  const chunks = revisions === 0 ? [] : await encodedHistory(storage);
  await node.handle(HISTORY_PROTOCOL, stream => sendAll(stream, chunks));
  process.on('message', asked => {
    if (asked === 'cpu') return void process.send?.({ cpuMs: cpuMs() });
    void Promise.resolve(node.stop())
      .then(() => storage.close())
      .then(() => process.disconnect());
  });
  process.send?.({ addresses: node.getMultiaddrs().map(String) });
}

/** Answers a number of bytes, as text, with so many bytes. */
async function sendBytes(stream: Stream): Promise<void> {
  let asked = '';
  for await (const chunk of stream) {
    asked += Buffer.from(chunk.subarray()).toString('latin1');
    if (asked.endsWith('\n')) break;
  }
  const chunk = new Uint8Array(SEND_BYTES).fill(7);
  const whole = Math.floor(Number(asked) / SEND_BYTES);
  await sendAll(stream, [...new Array<Uint8Array>(whole).fill(chunk), chunk.subarray(0, Number(asked) % SEND_BYTES)]);
}

async function sendAll(stream: Stream, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) if (!stream.send(chunk)) await stream.onDrain();
  await stream.close();
}

/** The whole history as the bare program gets it: the chunks of an archive, encoded before anybody asks. */
async function encodedHistory(storage: RawStorage): Promise<Uint8Array[]> {
  const archive = await exportArchive(storage, HISTORY_BLOCK, undefined, { bytesMax: Number.MAX_SAFE_INTEGER });
  const revisions = Object.values(archive?.revisions ?? {}).reverse();
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < revisions.length; at += CHUNK_REVISIONS) {
    const items = revisions
      .slice(at, at + CHUNK_REVISIONS)
      .map(({ trx, base }) => [trx.rev, base ?? null, trx.trxId, trx.transform]);
    const chunk = cbor.encode(items);
    const framed = Buffer.alloc(4 + chunk.length);
    framed.writeUInt32LE(chunk.length);
    framed.set(chunk, 4);
    chunks.push(framed);
  }
  return chunks;
}

const cbor = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, variableMapSize: true });

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
