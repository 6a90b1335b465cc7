import type {
  ComponentLogger,
  Connection,
  CounterGroup,
  Metrics,
  PeerId,
  Startable,
  Stream,
  StreamHandler,
  StreamHandlerOptions,
} from '@libp2p/interface';
import { LimitExceededError, silentLogger, systemClock, type Clock, type Logger } from '@blockstrata/db-core';
import { RemoteFailedError } from '../errors.js';
import type { NetworkLimits } from '../limits.js';
import { PeerBudgets } from './peer-budgets.js';
import { ServerSession, type OperationSpec } from './server-session.js';

/** Where a service registers what it handles; a part of the `Registrar` of libp2p. */
export interface ProtocolRegistrar {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>;
  unhandle(protocol: string): Promise<void>;
}

/** What a service needs of libp2p. */
export type RpcServiceComponents = {
  registrar: ProtocolRegistrar;
  logger?: ComponentLogger;
  metrics?: Metrics;
};

/** What a service is made of. */
export type RpcServiceInit = {
  /** The last part of the name of its logs and metrics. */
  readonly name: string;
  readonly protocol: string;
  readonly operations: ReadonlyMap<string, OperationSpec>;
  readonly limits: NetworkLimits;
  readonly clock?: Clock | undefined;
  /** Whether a peer gets the small limits only. */
  readonly isStranger: (peer: PeerId) => boolean | Promise<boolean>;
};

/** Serves calls on one protocol to whoever opens a stream; every stream that it is handed is closed or aborted in the end. */
export class RpcService implements Startable {
  readonly #init: RpcServiceInit;
  readonly #registrar: ProtocolRegistrar;
  readonly #log: Logger;
  readonly #budgets: PeerBudgets;
  readonly #sessions = new Set<ServerSession>();
  readonly #calls: CounterGroup | undefined;
  #started = false;

  constructor(components: RpcServiceComponents, init: RpcServiceInit) {
    this.#init = init;
    this.#registrar = components.registrar;
    this.#log = (components.logger ?? silentLogger).forComponent(`blockstrata:${init.name}`);
    this.#budgets = new PeerBudgets(init.limits);
    this.#calls = components.metrics?.registerCounterGroup(`blockstrata_${init.name}_calls_total`, {
      label: 'outcome',
      help: 'Calls answered, by operation and outcome',
    });
    components.metrics?.registerMetric(`blockstrata_${init.name}_streams`, {
      help: 'Streams that peers have open',
      calculate: () => this.#sessions.size,
    });
    components.metrics?.registerMetric(`blockstrata_${init.name}_in_flight_bytes`, {
      help: 'Bytes of messages that are being received or answered',
      calculate: () => this.#budgets.bytes,
    });
  }

  /** Streams that peers have open. */
  get streams(): number {
    return this.#sessions.size;
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#registrar.handle(this.#init.protocol, (stream, connection) => this.#onStream(stream, connection), {
      maxInboundStreams: this.#init.limits.peerStreamsMax,
    });
  }

  async stop(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    await this.#registrar.unhandle(this.#init.protocol);
    for (const session of [...this.#sessions]) session.abort(new RemoteFailedError('this node', 'lost'));
  }

  isStarted(): boolean {
    return this.#started;
  }

  async #onStream(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer;
    const { limits, operations, isStranger, clock } = this.#init;
    const budget = this.#budgets.openStream(peer.toString());
    if (budget === undefined) {
      stream.abort(new LimitExceededError('peerStreamsMax', limits.peerStreamsMax, 'a peer has too many streams'));
      return;
    }
    let stranger = true;
    try {
      stranger = await isStranger(peer);
    } catch (error) {
      this.#log.error('authorize failed for %s: %o', peer, error);
    }
    if (!this.#started) {
      budget.closeStream();
      stream.abort(new RemoteFailedError('this node', 'lost'));
      return;
    }
    const session: ServerSession = new ServerSession(
      stream,
      peer,
      budget,
      {
        operations,
        limits,
        stranger,
        log: this.#log,
        clock: clock ?? systemClock,
        onOutcome: ({ op, code }) => this.#calls?.increment({ [`${op}_${code}`.replaceAll('-', '_')]: true }),
      },
      () => this.#sessions.delete(session),
    );
    this.#sessions.add(session);
  }
}
