import { BlockStorage, createRestoreCallback, repoService, StorageRepo, syncService } from '@blockstrata/db-p2p';
import type { Authorize, NetworkLimits, PeerRestoreCallback, RepoService, SyncService } from '@blockstrata/db-p2p';
import type { IRawStorage } from '@blockstrata/db-p2p/storage';
import { identify, type Identify } from '@libp2p/identify';
import type { Libp2p, PrivateKey } from '@libp2p/interface';
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { ping, type Ping } from '@libp2p/ping';
import { prometheusMetrics } from '@libp2p/prometheus-metrics';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type ServiceFactoryMap } from 'libp2p';
import { joinNetwork } from './join-network.js';
import { provideWebSocket } from './web-socket.js';

/** What a node is made of. */
export type NodeInit = {
  readonly storage: IRawStorage;
  readonly key: PrivateKey;
  readonly listen: readonly string[];
  /** Peers that may write. */
  readonly writers: ReadonlySet<string>;
  /** Peers that may follow the commit log. */
  readonly mirrors: ReadonlySet<string>;
  /** Where others hold the same blocks; with `dht`, where content routing is entered. */
  readonly peers: readonly string[];
  readonly quorum: number;
  /** Find others, and be found, by content routing. */
  readonly dht: boolean;
  readonly metrics: boolean;
  readonly limits?: Partial<NetworkLimits>;
};

/** A node that is up: a repository, and its face to the network. */
export type RunningNode = {
  readonly libp2p: Libp2p;
  readonly repo: StorageRepo;
  /** Takes leave of the network; the store stays open. */
  stop(): Promise<void>;
};

type Services = { identify: Identify; ping: Ping; repo: RepoService; sync: SyncService; dht?: KadDHT };

/** Starts a node that serves a store. */
export async function startNode(init: NodeInit): Promise<RunningNode> {
  const { storage, key, listen, metrics, dht, limits = {} } = init;
  const peers = init.peers.map(peer => multiaddr(peer));
  provideWebSocket();
  // The repository is served by a node that it needs to restore from others: the callback comes last.
  const later: { restore?: PeerRestoreCallback } = {};
  const restores = init.peers.length > 0 || dht;
  const repo = new StorageRepo(
    blockId =>
      restores
        ? new BlockStorage(blockId, storage, async (...args) => later.restore?.(...args))
        : new BlockStorage(blockId, storage),
    { storage, restoreUnknown: restores },
  );
  const authorize = authorizeBy(init);
  const services: ServiceFactoryMap<Services> = {
    identify: identify(),
    ping: ping(),
    repo: repoService({ repo, authorize, limits }),
    sync: syncService({ storage, authorize, limits, announce: dht }),
  };
  if (dht) services.dht = kadDHT({ clientMode: false, peerInfoMapper: passthroughMapper });
  const libp2p = await createLibp2p<Services>({
    privateKey: key,
    addresses: { listen: [...listen] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services,
    ...(metrics ? { metrics: prometheusMetrics({ preserveExistingMetrics: true }) } : {}),
  });
  const leaving = new AbortController();
  const joined = dht ? joinNetwork(libp2p, peers, leaving.signal) : undefined;
  const restore = createRestoreCallback({
    libp2p,
    storage,
    quorum: init.quorum,
    limits,
    ...(dht ? {} : { peers: peers.map(peer => [peer]) }),
  });
  later.restore = restore;
  return {
    libp2p,
    repo,
    async stop() {
      leaving.abort();
      await joined;
      await restore.close();
      await libp2p.stop();
    },
  };
}

/** Writers may do everything, mirrors may follow the log, and everybody may read what is committed. */
function authorizeBy({ writers, mirrors }: NodeInit): Authorize {
  return (peer, operation) => {
    const name = peer.toString();
    if (writers.has(name)) return true;
    if (operation === 'feed') return mirrors.has(name);
    return operation === 'get' || operation === 'sync' ? 'committed' : false;
  };
}
