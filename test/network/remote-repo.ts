import { RepoClient, repoService, type Dialer, type ProtocolRegistrar } from '@blockstrata/db-p2p';
import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import type { Libp2p } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { vi } from 'vitest';

const STREAMS_CLOSED_MS_MAX = 10_000;

/** How many calls went over the network. */
export type RemoteCalls = { count: number };

/**
 * Puts TCP between callers and a StorageRepo: its IRepo calls and its change feed go through a RepoClient to a node that
 * serves it. Each repository is served under a name of its own, so that two nodes are enough for all of them.
 */
export class RemoteRepos {
  readonly calls: RemoteCalls = { count: 0 };
  readonly #clients: RepoClient[] = [];
  #nodes: Promise<readonly [server: Libp2p, client: Libp2p]> | undefined;
  #next = 0;

  /** The repository, at the other end of a connection. */
  over(repo: StorageRepo): StorageRepo {
    const suffix = `/${this.#next++}`;
    const serving = this.#serve(repo, suffix);
    // Which address is meant is known only when the other node is up.
    const libp2p: Dialer = {
      dialProtocol: async (_peer, protocol, options) => {
        await serving;
        const [server, client] = await this.#start();
        return client.dialProtocol(server.getMultiaddrs(), `${String(protocol)}${suffix}`, options);
      },
    };
    const client = new RepoClient({ libp2p, peer: [], repoLimits: repo.storage.limits });
    this.#clients.push(client);
    const counted = (): RepoClient => {
      this.calls.count++;
      return client;
    };
    const remote: Pick<StorageRepo, 'get' | 'pend' | 'commit' | 'cancel'> = {
      get: (...args) => counted().get(...args),
      pend: (...args) => counted().pend(...args),
      commit: (...args) => counted().commit(...args),
      cancel: (...args) => counted().cancel(...args),
    };
    return new Proxy(repo, {
      get(target, name) {
        const value: unknown = Reflect.get(remote, name) ?? Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Closes every client, and sees to it that no stream of theirs is left open on either side. */
  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close();
    const nodes = (await this.#nodes) ?? [];
    const open = (): number =>
      nodes.flatMap(node => node.getConnections()).reduce((sum, { streams }) => sum + streams.length, 0);
    // A muxer that closes listens once for each stream that is open on it: what is left would show as a warning.
    await vi.waitUntil(() => open() === 0, { timeout: STREAMS_CLOSED_MS_MAX });
    for (const node of nodes) await node.stop();
  }

  async #serve(repo: StorageRepo, suffix: string): Promise<void> {
    const [server] = await this.#start();
    const registrar: ProtocolRegistrar = {
      handle: (protocol, handler, options) => server.handle(protocol + suffix, handler, options),
      unhandle: protocol => server.unhandle(protocol + suffix),
    };
    await repoService({ repo, authorize: () => true, repoLimits: repo.storage.limits })({ registrar }).start();
  }

  #start(): Promise<readonly [Libp2p, Libp2p]> {
    const node = (listen: string[]): Promise<Libp2p> =>
      createLibp2p({
        addresses: { listen },
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux({ maxInboundStreams: 100_000, maxOutboundStreams: 100_000 })],
      });
    return (this.#nodes ??= Promise.all([node(['/ip4/127.0.0.1/tcp/0']), node([])]));
  }
}
