import { readFile, rename, writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { BlockstrataError } from '@blockstrata/db-core';
import type { LogPosition, MirrorProgress } from '@blockstrata/db-p2p';
import { CommandError, oneLine } from '../errors.js';
import { BACKENDS, detectBackend, type Backend } from '../store/backend.js';
import { makeStore } from '../store/open-store.js';
import { DEFAULT_STORE, integerOption, type CommandContext } from './context.js';

type MirrorOptions = {
  store: string;
  backend?: Backend;
  key?: string;
  from?: number;
  compress?: boolean;
  json?: boolean;
};

/** `blockstrata mirror`. */
export function addMirror(program: Command, context: CommandContext): void {
  program
    .command('mirror')
    .description('keep a full copy of another node, following its commit log, until it is stopped')
    .argument('<multiaddr>', 'where the node listens; it must have been told to --allow-mirror this peer')
    .option('--store <dir>', 'the folder of the copy; it is made where it is missing', DEFAULT_STORE)
    .addOption(new Option('--backend <name>', 'what a new copy is kept on; default leveldb').choices(BACKENDS))
    .option('--key <file>', 'the key that this peer is known by; made where it is missing; default: beside the store')
    .addOption(integerOption('--from <seq>', 'go on behind this entry of its log; default: where it was', 0))
    .option('--compress', 'deflate what is transferred')
    .option('--json', 'report as JSON, a line each')
    .addHelpText('after', EXAMPLES)
    .action((address: string, options: MirrorOptions) => mirrorNode(address, options, context));
}

const EXAMPLES = `
The copy holds every committed revision, and nothing that is pending. It is the word of one node: what arrives is checked
against itself and against what is held, and not against other nodes.

Example:
  $ blockstrata mirror /ip4/127.0.0.1/tcp/4801 --store backup
`;

async function mirrorNode(address: string, options: MirrorOptions, { terminal, out }: CommandContext): Promise<void> {
  // The network is slow to load, and no other command needs it.
  const [{ mirror }, { multiaddr }, { requireMultiaddrs }, { startNode }, { loadKey }] = await Promise.all([
    import('@blockstrata/db-p2p'),
    import('@multiformats/multiaddr'),
    import('../node/addresses.js'),
    import('../node/create-node.js'),
    import('../node/key-file.js'),
  ]);
  requireMultiaddrs('the address', [address]);
  const backend = (await detectBackend(options.store)) ?? options.backend ?? 'leveldb';
  const { storage } = makeStore(backend, options.store, true);
  const position = `${options.store}.position.json`;
  let saved = Promise.resolve();
  try {
    await storage.open();
    const key = await loadKey(options.key ?? `${options.store}.key`);
    const nobody: ReadonlySet<string> = new Set();
    const node = await startNode({
      storage,
      key,
      listen: [],
      writers: nobody,
      mirrors: nobody,
      peers: [],
      quorum: 1,
      dht: false,
      metrics: false,
    });
    try {
      const peer = multiaddr(address);
      await out.line(
        options.json === true
          ? JSON.stringify({ peer: node.libp2p.peerId.toString() })
          : `peer ${node.libp2p.peerId.toString()}`,
      );
      const onProgress = (progress: MirrorProgress): void => {
        if (progress.type === 'copied') saved = saved.then(() => savePosition(position, address, progress));
        report(progress, options.json === true, terminal.stderr);
      };
      const from = options.from ?? (await loadPosition(position, address));
      const { compress = false } = options;
      const { signal } = terminal;
      await mirror({ storage }, { libp2p: node.libp2p, peer }, { from, compress, onProgress, signal });
    } catch (error) {
      if (!terminal.signal.aborted) throw explained(error, node.libp2p.peerId.toString());
    } finally {
      await node.stop();
    }
    await saved;
  } finally {
    await storage.close();
  }
}

function explained(error: unknown, peer: string): unknown {
  if (!(error instanceof BlockstrataError) || error.code !== 'unauthorized') return error;
  return new CommandError(`the node does not let this peer follow it: start it with --allow-mirror ${peer}`);
}

function report(progress: MirrorProgress, asJson: boolean, stderr: { write(text: string): unknown }): void {
  if (asJson) {
    const { type, seq } = progress;
    const shown = progress.type === 'interrupted' ? { type, seq, error: oneLine(progress.error) } : progress;
    stderr.write(`${JSON.stringify(shown)}\n`);
  } else if (progress.type === 'interrupted') {
    stderr.write(`blockstrata: ${oneLine(progress.error)}; next try in ${Math.ceil(progress.retryMs)} ms\n`);
  } else if (progress.type === 'restarted') {
    stderr.write(
      `blockstrata: the log of the node is not the one that was followed up to ${progress.seq}; all is compared\n`,
    );
  }
}

/** A position belongs to one node: that of another would leave out what this one has. */
async function loadPosition(path: string, address: string): Promise<LogPosition | number> {
  try {
    const saved = JSON.parse(await readFile(path, 'utf8')) as { peer: unknown; seq: unknown; digest: unknown };
    const { peer, seq, digest } = saved;
    const isPosition = typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 && typeof digest === 'string';
    return peer === address && isPosition ? { seq, digest } : 0;
  } catch {
    // Without a position everything is looked at again, and only what is missing is fetched.
    return 0;
  }
}

async function savePosition(path: string, peer: string, { seq, digest }: LogPosition): Promise<void> {
  await writeFile(`${path}.tmp`, `${JSON.stringify({ peer, seq, digest })}\n`);
  await rename(`${path}.tmp`, path);
}
