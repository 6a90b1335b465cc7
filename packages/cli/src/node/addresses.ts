import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { oneLine, UsageError } from '../errors.js';

/** @throws UsageError if one of them is no multiaddr. */
export function requireMultiaddrs(name: string, texts: readonly string[]): void {
  requireAll(texts, multiaddr, text => `${name} ${text} is no multiaddr such as /ip4/127.0.0.1/tcp/4801`);
}

/** @throws UsageError if one of them is not the id of a peer. */
export function requirePeerIds(name: string, texts: readonly string[]): void {
  requireAll(
    texts,
    peerIdFromString,
    text => `${name} ${text} is not the id of a peer, as 'blockstrata serve' prints it`,
  );
}

function requireAll(
  texts: readonly string[],
  parse: (text: string) => unknown,
  problem: (text: string) => string,
): void {
  for (const text of texts) {
    try {
      parse(text);
    } catch (error) {
      throw new UsageError(`${problem(JSON.stringify(text))}: ${oneLine(error)}`);
    }
  }
}
