import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import type { ServerSetup } from './server-process.js';

/** A node in another process. */
export type Server = {
  readonly addresses: Multiaddr[];
  /** What its process has used of processors so far, in milliseconds. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};

/** Starts a node in another process, which shares nothing with this one but the loopback. */
export async function startServer(setup: ServerSetup): Promise<Server> {
  const script = new URL(`./server-process${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  const child: ChildProcess = fork(script, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ready = once(child, 'message') as Promise<[{ addresses: string[] }]>;
  child.send(setup);
  const [{ addresses }] = await ready;
  return {
    addresses: addresses.map(address => multiaddr(address)),
    async cpuMs() {
      const told = once(child, 'message') as Promise<[{ cpuMs: number }]>;
      child.send('cpu');
      return (await told)[0].cpuMs;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}
