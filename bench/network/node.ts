import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import type { Libp2p, ServiceMap } from '@libp2p/interface';
import { createLibp2p, type ServiceFactoryMap } from 'libp2p';

/** A libp2p node as a server of this library would have one. */
export function tcpNode<T extends ServiceMap>(
  listen: readonly string[],
  services: ServiceFactoryMap<T>,
): Promise<Libp2p<T>> {
  return createLibp2p<T>({
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services,
  });
}

/** The protocol on which the other process sends bytes, as fast as a bare stream takes them. */
export const BYTES_PROTOCOL = '/bench/bytes/1.0.0';

/** The protocol on which the other process sends the whole history, encoded before, in chunks behind their lengths. */
export const HISTORY_PROTOCOL = '/bench/history/1.0.0';
