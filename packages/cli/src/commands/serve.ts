import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { MetricsServer } from '../node/metrics-server.js';
import { BACKENDS, detectBackend, type Backend } from '../store/backend.js';
import { makeStore } from '../store/open-store.js';
import { DEFAULT_STORE, integerOption, type CommandContext } from './context.js';

type ServeOptions = {
  store: string;
  backend?: Backend;
  key?: string;
  listen: string[];
  allow: string[];
  allowMirror: string[];
  peer: string[];
  quorum: number;
  dht?: boolean;
  metrics?: number;
  json?: boolean;
};

const LISTEN = ['/ip4/127.0.0.1/tcp/4801', '/ip4/127.0.0.1/tcp/4802/ws'];

/** `blockstrata serve`. */
export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .description('serve a store to other nodes over libp2p, until it is stopped')
    .option('--store <dir>', 'the folder of the store; it is made where it is missing', DEFAULT_STORE)
    .addOption(new Option('--backend <name>', 'what a new store is kept on; default leveldb').choices(BACKENDS))
    .option('--key <file>', 'the key that the node is known by; made where it is missing; default: beside the store')
    .option('--listen <multiaddr...>', 'where to listen: TCP, or WebSocket for browsers', LISTEN)
    .option('--allow <peer...>', 'peers that may write', [])
    .option('--allow-mirror <peer...>', 'peers that may follow the commit log', [])
    .option('--peer <multiaddr...>', 'nodes that hold the same blocks, to restore from', [])
    .addOption(integerOption('--quorum <n>', 'how many of them must agree', 1).default(2))
    .option('--dht', 'find who holds a block, and be found, by content routing, entered through each --peer')
    .addOption(integerOption('--metrics <port>', 'measurements for Prometheus on this port of this machine', 0))
    .option('--json', 'say where the node is as JSON, one line')
    .addHelpText('after', EXAMPLES)
    .action((options: ServeOptions) => serve(options, context));
}

const EXAMPLES = `
Everybody may read what is committed. Nobody may write, and nobody may follow the commit log, unless you say so.

Examples:
  $ blockstrata serve --allow 12D3KooWGzBBcYwrFPf1gDsTSUPRr3R4ZsK1pfs4tWkyqFpVTtyP
  $ blockstrata serve --listen /ip4/0.0.0.0/tcp/4801 --peer /dns4/a.example/tcp/4801 /dns4/b.example/tcp/4801
`;

async function serve(options: ServeOptions, { terminal, out }: CommandContext): Promise<void> {
  // The network is slow to load, and no other command needs it.
  const [addresses, { startNode }, { loadKey }, { startMetricsServer, storeMetrics }] = await Promise.all([
    import('../node/addresses.js'),
    import('../node/create-node.js'),
    import('../node/key-file.js'),
    import('../node/metrics-server.js'),
  ]);
  addresses.requireMultiaddrs('--listen', options.listen);
  addresses.requireMultiaddrs('--peer', options.peer);
  requireQuorum(options);
  addresses.requirePeerIds('--allow', options.allow);
  addresses.requirePeerIds('--allow-mirror', options.allowMirror);
  const { signal } = terminal;
  const backend = (await detectBackend(options.store)) ?? options.backend ?? 'leveldb';
  const isMeasured = options.metrics !== undefined;
  const { storage } = makeStore(backend, options.store, true, isMeasured ? { metrics: storeMetrics } : {});
  try {
    await storage.open();
    const node = await startNode({
      storage,
      key: await loadKey(options.key ?? `${options.store}.key`),
      listen: options.listen,
      writers: new Set(options.allow),
      mirrors: new Set(options.allowMirror),
      peers: options.peer,
      quorum: options.quorum,
      dht: options.dht ?? false,
      metrics: isMeasured,
    });
    let metrics: MetricsServer | undefined;
    try {
      if (isMeasured) metrics = await startMetricsServer(options.metrics ?? 0);
      const facts = {
        peer: node.libp2p.peerId.toString(),
        addresses: node.libp2p.getMultiaddrs().map(String),
        metrics: metrics?.url,
      };
      if (options.json === true) await out.line(JSON.stringify(facts));
      else await out.line([`peer ${facts.peer}`, ...facts.addresses, ...(metrics ? [metrics.url] : [])].join('\n'));
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await metrics?.close();
      await node.stop();
    }
  } finally {
    await storage.close();
  }
}

/** @throws UsageError where so many can never agree, and nothing could ever be restored. */
function requireQuorum({ peer, quorum, dht }: ServeOptions): void {
  const holders = new Set(peer).size;
  if (holders === 0 || dht === true || quorum <= holders) return;
  throw new UsageError(
    `--quorum ${quorum} can never be met by ${holders} --peer: name more of them, or lower --quorum and trust fewer`,
  );
}
