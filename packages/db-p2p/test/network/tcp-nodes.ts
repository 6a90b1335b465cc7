import { noise } from '@libp2p/noise';
import { yamux } from '@libp2p/yamux';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2pOptions, type ServiceFactoryMap } from 'libp2p';
import type { Libp2p, ServiceMap } from '@libp2p/interface';
import { afterEach } from 'vitest';

const nodes: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

/** A libp2p node that listens on loopback; stopped after the test. */
export async function tcpNode<T extends ServiceMap = ServiceMap>(
  services: ServiceFactoryMap<T> = {} as ServiceFactoryMap<T>,
  options: Libp2pOptions<T> = {},
): Promise<Libp2p<T>> {
  const node = await createLibp2p<T>({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // All of these nodes dial from one host.
    connectionManager: { inboundConnectionThreshold: 10_000 },
    services,
    ...options,
  });
  nodes.push(node);
  return node;
}

/** Stops or closes something after the test. */
export function afterwards(stop: () => unknown): void {
  nodes.unshift({ stop });
}

/** Resolves when `holds` does, asked at every turn of the event loop; rejects after a deadline. */
export async function until(holds: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const endsAt = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new TypeError('it did not come true in time');
    await new Promise(resolve => setImmediate(resolve));
  }
}
