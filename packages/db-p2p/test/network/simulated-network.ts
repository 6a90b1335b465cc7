import type { Connection, PeerId, Stream, StreamHandler } from '@libp2p/interface';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { streamPair } from '@libp2p/utils';
import type { Dialer, ProtocolRegistrar } from '../../src/index.js';

/** What can befall a network. */
export type Weather =
  /** Every stream breaks, and the next ones work. */
  | 'cut'
  /** Every stream breaks, and nobody gets through until it is over. */
  | 'partition'
  /** New streams lead nowhere, without a word. */
  | 'black-hole'
  /** All is well again. */
  | 'calm';

/** A network without sockets: delays differ from stream to stream, so that what travels on several of them is reordered. */
export class SimulatedNetwork {
  readonly #random: () => number;
  readonly #handlers = new Map<string, StreamHandler>();
  readonly #streams = new Set<Stream>();
  #weather: Weather = 'calm';

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Where a service of the one server registers. */
  readonly registrar: ProtocolRegistrar = {
    handle: async (protocol, handler) => void this.#handlers.set(protocol, handler),
    unhandle: async protocol => void this.#handlers.delete(protocol),
  };

  /** How a new client reaches the server. */
  async client(): Promise<Dialer> {
    const peerId = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
    return { dialProtocol: (_peer, protocol) => this.#dial(peerId, String(protocol)) };
  }

  turn(weather: Weather): void {
    this.#weather = weather === 'cut' ? 'calm' : weather;
    if (weather === 'calm') return;
    for (const stream of this.#streams) stream.abort(new RangeError(weather));
    this.#streams.clear();
  }

  async #dial(peerId: PeerId, protocol: string): Promise<Stream> {
    if (this.#weather === 'partition') throw new RangeError('no route');
    const [outbound, inbound] = await streamPair({ protocol, delay: Math.floor(this.#random() * 4) });
    this.#streams.add(outbound);
    outbound.addEventListener('close', () => this.#streams.delete(outbound));
    if (this.#weather === 'black-hole') return outbound;
    await this.#handlers.get(protocol)?.(inbound, { remotePeer: peerId } as Connection);
    return outbound;
  }
}
