import type { Libp2p } from '@libp2p/interface';
import { setTimeout as delay } from 'node:timers/promises';
import type { Multiaddr } from '@multiformats/multiaddr';

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 60_000;

/**
 * Connects to the nodes through which content routing is entered, and again when none is connected any more. Goes on until
 * `signal` aborts; never rejects.
 */
export async function joinNetwork(libp2p: Libp2p, peers: readonly Multiaddr[], signal: AbortSignal): Promise<void> {
  let retryMs = RETRY_MS_MIN;
  while (!signal.aborted) {
    if (libp2p.getConnections().length === 0) {
      const dialled = await Promise.allSettled(peers.map(peer => libp2p.dial(peer, { signal })));
      const isConnected = dialled.some(({ status }) => status === 'fulfilled');
      retryMs = isConnected ? RETRY_MS_MIN : Math.min(RETRY_MS_MAX, 2 * retryMs);
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
