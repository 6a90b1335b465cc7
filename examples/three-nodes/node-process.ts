import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** How a node of the example is started. */
export type NodeSetup = {
  readonly store: string;
  readonly port: number;
  readonly peerPorts: readonly number[];
  /** The peer that may write. */
  readonly writer: string;
};

/** One `blockstrata serve`, which can be killed at any moment and started again. */
export class NodeProcess {
  readonly #setup: NodeSetup;
  #child: ChildProcess | undefined;

  constructor(setup: NodeSetup) {
    this.#setup = setup;
  }

  get store(): string {
    return this.#setup.store;
  }

  get port(): number {
    return this.#setup.port;
  }

  /** Resolves when the node listens. */
  async start(): Promise<void> {
    const { store, port, peerPorts, writer } = this.#setup;
    const serve = ['serve', '--json', '--store', store, '--listen', address(port), '--allow', writer];
    const peers = ['--peer', ...peerPorts.map(address)];
    const node = ['--conditions=@blockstrata/source', '--import', 'tsx', COMMAND];
    const child = spawn(process.execPath, [...node, ...serve, ...peers], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const [first] = (await Promise.race([once(lines, 'line'), once(child, 'close')])) as [unknown];
    if (typeof first !== 'string') throw new TypeError(`the node on port ${port} did not start`);
  }

  /** Ends the process without a warning, as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Lets the node close its store. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Destroys everything that the node has stored. */
  async wipe(): Promise<void> {
    await rm(this.#setup.store, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
}

/** Where a node listens. */
export function address(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`;
}
