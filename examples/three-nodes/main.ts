/**
 * Three nodes, each a process with a store of its own on disk, and a coordinator that commits to a majority of them while
 * nodes are killed. In the end one node loses its disk, comes back, and restores what it is asked for from the others.
 *
 *   npm run example:three-nodes [-- --rounds 20 --seed 1]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BlockId, BlockOperation, Transforms } from '@blockstrata/db-core';
import { RepoClient } from '@blockstrata/db-p2p';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { Coordinator, type Acknowledged } from './coordinator.js';
import { address, NodeProcess } from './node-process.js';
import { readBack } from './read-back.js';

const BLOCKS: readonly BlockId[] = ['accounts', 'orders', 'stock', 'audit'];
const TRANSACTIONS_A_ROUND = 12;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, seed: { type: 'string' } } });
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const random = seededRandom(seed);
console.log(`seed ${seed}: repeat with -- --rounds ${rounds} --seed ${seed}`);

const directory = await mkdtemp(join(tmpdir(), 'three-nodes-'));
const libp2p = await createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] });
const nodes = await createNodes(libp2p);
try {
  await run();
} finally {
  await Promise.all(nodes.map(node => node.kill()));
  await libp2p.stop();
  await rm(directory, { recursive: true, force: true });
}

async function run(): Promise<void> {
  await Promise.all(nodes.map(node => node.start()));
  console.log(`three nodes listen on ${nodes.map(node => node.port).join(', ')}`);
  const clients = nodes.map(node => new RepoClient({ libp2p, peer: multiaddr(address(node.port)), deadlineMs: 5_000 }));
  const coordinator = new Coordinator(clients);
  const attempted = new Map<string, readonly BlockId[]>();
  const acknowledged: Acknowledged[] = [];
  const write = async (trxId: string, blockIds: readonly BlockId[], transforms: Transforms): Promise<void> => {
    attempted.set(trxId, blockIds);
    acknowledged.push(await coordinator.commit(trxId, blockIds, transforms));
  };
  await write('create', BLOCKS, {
    inserts: Object.fromEntries(
      BLOCKS.map(id => [id, { header: { id, type: 'list', collectionId: 'shop' }, lines: [] }]),
    ),
  });

  for (let round = 1; round <= rounds; round++) {
    const victim = nodes[Math.floor(random() * nodes.length)] as NodeProcess;
    // The others go on without it, as far as they can.
    const back = after(random() * 300, () => victim.kill()).then(() => victim.start());
    for (let n = 1; n <= TRANSACTIONS_A_ROUND; n++) {
      const trxId = `round-${round}-${n}`;
      const blockIds = [...BLOCKS].sort(() => random() - 0.5).slice(0, 2);
      await write(trxId, blockIds, { updates: Object.fromEntries(blockIds.map(id => [id, [line(trxId)]])) });
    }
    await back;
    console.log(
      `round ${round}: node on port ${victim.port} was killed and came back; ${acknowledged.length} transactions acknowledged`,
    );
  }

  const everywhere = async (trxId: string): Promise<void> => {
    attempted.set(trxId, BLOCKS);
    const updates = Object.fromEntries(BLOCKS.map(id => [id, [line(trxId)]]));
    acknowledged.push(await coordinator.commitEverywhere(trxId, BLOCKS, { updates }));
  };
  // What only one other node holds cannot be corroborated: nobody may lag behind when a disk is lost.
  await everywhere('settle');
  const lost = nodes[Math.floor(random() * nodes.length)] as NodeProcess;
  await lost.kill();
  await lost.wipe();
  await lost.start();
  const reader = clients[nodes.indexOf(lost)] as RepoClient;
  const { accounts } = await reader.get({ blockIds: ['accounts'] });
  const lines = (accounts?.block?.lines as unknown[] | undefined)?.length ?? 0;
  console.log(
    `the node on port ${lost.port} lost its disk; asked for 'accounts', it restored ${lines} lines from the others`,
  );

  await everywhere('close');
  await reader.get({ blockIds: [...BLOCKS], context: { rev: 1 } });
  await Promise.all(clients.map(client => client.close()));
  await Promise.all(nodes.map(node => node.stop()));
  await compareDisks(attempted, acknowledged);
}

async function compareDisks(
  attempted: ReadonlyMap<string, readonly BlockId[]>,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const digests = new Set<string>();
  let faults = 0;
  for (const node of nodes) {
    const { digest, lost, torn } = await readBack(node.store, BLOCKS, attempted, acknowledged);
    digests.add(digest);
    faults += lost.length + torn.length;
    console.log(`${digest}  node on port ${node.port}: ${lost.length} acknowledged lost, ${torn.length} torn`);
  }
  if (digests.size !== 1 || faults > 0) {
    console.error('the nodes do not agree');
    process.exitCode = 1;
  } else {
    console.log(`all three agree on ${acknowledged.length} acknowledged transactions`);
  }
}

function line(trxId: string): BlockOperation {
  return ['lines', 0, 0, [trxId]];
}

async function createNodes(writer: Libp2p): Promise<NodeProcess[]> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  return ports.map((port, i) => {
    const peerPorts = ports.filter(other => other !== port);
    return new NodeProcess({
      store: join(directory, `node-${i + 1}`),
      port,
      peerPorts,
      writer: writer.peerId.toString(),
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function after(delayMs: number, run: () => Promise<void>): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, delayMs));
  await run();
}

/** Mulberry32: small, and good enough to choose victims. */
function seededRandom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
