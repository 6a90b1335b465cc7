import type { ContentRouting, PeerId } from '@libp2p/interface';
import { LRUCache } from 'lru-cache';
import type { BlockId } from '@blockstrata/db-core';
import type { NetworkLimits } from '../limits.js';
import type { Dialer, PeerTarget } from '../rpc/rpc-client.js';
import { blockCid } from '../sync/block-cid.js';
import { SyncClient, type SyncClientInit } from '../sync/sync-client.js';
import type { PeerScores } from './peer-scores.js';

/** What a restoration needs of libp2p; content routing where no peers are given. */
export type RestoreNode = Dialer & { readonly peerId: PeerId; readonly contentRouting?: ContentRouting };

/** The peers to ask, or what tells them. */
export type PeerSource =
  readonly PeerTarget[] | ((blockId: BlockId) => readonly PeerTarget[] | Promise<readonly PeerTarget[]>);

const CLIENTS_MAX = 64;

/** Finds who may hold a block, the best first, and keeps the connections to them. */
export class Holders {
  readonly #node: RestoreNode;
  readonly #peers: PeerSource | undefined;
  readonly #limits: NetworkLimits;
  readonly #scores: PeerScores;
  readonly #makeClient: (peer: PeerTarget) => SyncClient;
  readonly #clients: LRUCache<string, SyncClient>;

  constructor(
    node: RestoreNode,
    peers: PeerSource | undefined,
    scores: PeerScores,
    init: Omit<SyncClientInit, 'libp2p' | 'peer'> & { limits: NetworkLimits },
  ) {
    this.#node = node;
    this.#peers = peers;
    this.#limits = init.limits;
    this.#scores = scores;
    this.#makeClient = peer => new SyncClient({ ...init, libp2p: node, peer });
    this.#clients = new LRUCache({ max: CLIENTS_MAX, dispose: client => void client.close() });
  }

  /** Those who may hold the block, without those who are banned; each once. */
  async find(blockId: BlockId, signal: AbortSignal): Promise<SyncClient[]> {
    const found = new Map<string, PeerTarget>();
    for await (const peer of this.#candidates(blockId, signal)) {
      const name = String(peer);
      if (name === this.#node.peerId.toString() || this.#scores.isBanned(name)) continue;
      found.set(name, peer);
      if (found.size === this.#limits.holdersMax) break;
    }
    const names = [...found.keys()].sort((a, b) => this.#scores.cost(a) - this.#scores.cost(b));
    return names.map(name => this.#clientOf(name, found.get(name) as PeerTarget));
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map(client => client.close()));
  }

  async *#candidates(blockId: BlockId, signal: AbortSignal): AsyncIterable<PeerTarget> {
    if (typeof this.#peers === 'function') return yield* await this.#peers(blockId);
    if (this.#peers !== undefined) return yield* this.#peers;
    const { contentRouting } = this.#node;
    if (contentRouting === undefined) return;
    for await (const { id } of contentRouting.findProviders(blockCid(blockId), { signal })) yield id;
  }

  #clientOf(name: string, peer: PeerTarget): SyncClient {
    let client = this.#clients.get(name);
    if (client === undefined) this.#clients.set(name, (client = this.#makeClient(peer)));
    return client;
  }
}
