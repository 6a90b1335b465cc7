import type { Libp2p } from '@libp2p/interface';
import { systemClock, type Clock } from '@blockstrata/db-core';
import { untilAborted } from '../../storage/kernel/until-aborted.js';
import { RemoteFailedError } from '../errors.js';
import type { NetworkLimits } from '../limits.js';
import { ClientConnection, type OutgoingCall } from './client-connection.js';
import { CallWindow } from './call-window.js';

/** What a client needs of libp2p. */
export type Dialer = Pick<Libp2p, 'dialProtocol'>;

/** Who is asked: the id of a peer that libp2p can find, or the addresses that it listens at. */
export type PeerTarget = Parameters<Dialer['dialProtocol']>[0];

/** How a call is made. */
export type CallOptions = {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told when the answer to a call that was given up arrives after all; never if the stream is lost. */
  readonly onLateAnswer?: () => void;
};

const DIAL_MS_MAX = 10_000;
const ATTEMPTS_MAX = 3;
const RETRY_DELAY_MS = 100;
/** Beyond its deadline a call is given the time that its answer needs to travel. */
const GRACE_MS = 2_000;

/** Calls to one peer over one long-lived stream, which is opened when it is needed, and again when it was lost. */
export class RpcClient {
  readonly #dialer: Dialer;
  readonly #target: PeerTarget;
  readonly #protocol: string;
  readonly #limits: NetworkLimits;
  readonly #clock: Clock;
  readonly #window: CallWindow;
  readonly #closing = new AbortController();
  #connection: ClientConnection | undefined;
  #connecting: Promise<ClientConnection> | undefined;

  constructor(dialer: Dialer, target: PeerTarget, protocol: string, limits: NetworkLimits, clock: Clock = systemClock) {
    this.#dialer = dialer;
    this.#target = target;
    this.#protocol = protocol;
    this.#limits = limits;
    this.#clock = clock;
    this.#window = new CallWindow(limits.peerRequestsInFlightMax);
  }

  /** The peer, as errors name it. */
  get peer(): string {
    return String(this.#target);
  }

  /**
   * Makes a call that may be repeated: where the stream breaks before the answer, the call is made again, until the
   * deadline.
   *
   * @throws RemoteFailedError, the error that the peer answered with, or the reason of `signal`.
   */
  async call(call: OutgoingCall, options: CallOptions): Promise<unknown> {
    options.signal?.throwIfAborted();
    const endsAt = this.#clock.now() + options.deadlineMs;
    const place: Place = { leave: await this.#window.enter(options.signal), keptForLateAnswer: false };
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const deadlineMs = Math.max(0, endsAt - this.#clock.now());
          return await this.#attempt({ ...call, deadlineMs }, options, place);
        } catch (error) {
          const delayMs = RETRY_DELAY_MS * 2 ** (attempt - 1);
          const isLate = this.#clock.now() + delayMs >= endsAt;
          if (!isLoss(error) || isLate || attempt === ATTEMPTS_MAX || this.#closing.signal.aborted) throw error;
          await this.#delay(delayMs);
        }
      }
    } finally {
      if (!place.keptForLateAnswer) place.leave();
    }
  }

  /** Makes a call whose answer comes in parts, with at most `creditMax` of them on their way. */
  async *stream(
    call: OutgoingCall,
    options: { signal?: AbortSignal | undefined; creditMax: number; silenceMsMax: number },
  ): AsyncGenerator<ReceivedPart, unknown> {
    const { signal, creditMax, silenceMsMax } = options;
    signal?.throwIfAborted();
    const connection = await this.#connect(signal);
    const parts: ReceivedPart[] = [];
    let ended: { value: unknown } | { error: Error } | undefined;
    let wake: (() => void) | undefined;
    let callOffSilence: (() => void) | undefined;
    const heard = (): void => {
      callOffSilence?.();
      callOffSilence = this.#clock.after(silenceMsMax, () =>
        finish({ error: new RemoteFailedError(this.peer, 'silent') }),
      );
      wake?.();
    };
    const finish = (outcome: { value: unknown } | { error: Error }): void => {
      ended ??= outcome;
      callOffSilence?.();
      wake?.();
    };
    const onAbort = (): void => finish({ error: signal?.reason as Error });
    signal?.addEventListener('abort', onAbort, { once: true });
    heard();
    const id = connection.call(
      { ...call, credit: creditMax },
      {
        onPart: (value, bytes) => {
          if (ended !== undefined) return;
          parts.push({ value, bytes });
          if (parts.length > creditMax) connection.abort(new RemoteFailedError(this.peer, 'protocol'));
          else heard();
        },
        onOk: value => finish({ value }),
        onError: error => finish({ error }),
      },
    );
    let consumed = 0;
    try {
      for (;;) {
        while (parts.length > 0) {
          yield parts.shift() as ReceivedPart;
          if (++consumed >= creditMax / 2) {
            connection.grant(id, consumed);
            consumed = 0;
          }
        }
        if (ended !== undefined && 'error' in ended) throw ended.error;
        if (ended !== undefined) return ended.value;
        await new Promise<void>(resolve => (wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      callOffSilence?.();
      ended ??= { value: undefined };
      connection.abortCall(id);
    }
  }

  /** Ends what is under way and closes the stream. */
  async close(): Promise<void> {
    this.#closing.abort(new RemoteFailedError(this.peer, 'lost'));
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
    connection?.abort(new RemoteFailedError(this.peer, 'lost'));
  }

  async #attempt(call: OutgoingCall & { deadlineMs: number }, options: CallOptions, place: Place): Promise<unknown> {
    const { signal, onLateAnswer } = options;
    const connection = await this.#connect(signal);
    await connection.ready();
    signal?.throwIfAborted();
    return await new Promise<unknown>((resolve, reject) => {
      // A service answers at the deadline at the latest, so a stream that is silent beyond it is dead.
      const silent = (): void => connection.abort(new RemoteFailedError(this.peer, 'silent'));
      const callOff = this.#clock.after(call.deadlineMs + GRACE_MS, silent);
      const onAbort = (): void => {
        place.keptForLateAnswer = true;
        reject(signal?.reason as Error);
        connection.abortCall(id);
      };
      const settled = (isAnswer: boolean): void => {
        callOff();
        signal?.removeEventListener('abort', onAbort);
        if (!place.keptForLateAnswer) return;
        place.leave();
        if (isAnswer) onLateAnswer?.();
      };
      const id = connection.call(call, {
        onPart: () => connection.abort(new RemoteFailedError(this.peer, 'protocol')),
        onOk: value => {
          settled(true);
          resolve(value);
        },
        onError: error => {
          settled(!isLoss(error));
          reject(error);
        },
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #connect(signal: AbortSignal | undefined): Promise<ClientConnection> {
    this.#closing.signal.throwIfAborted();
    if (this.#connection !== undefined && !this.#connection.closed) return this.#connection;
    this.#connecting ??= this.#dial().finally(() => (this.#connecting = undefined));
    return signal === undefined ? this.#connecting : untilAborted(this.#connecting, [signal]);
  }

  async #dial(): Promise<ClientConnection> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(DIAL_MS_MAX)]);
    try {
      const stream = await this.#dialer.dialProtocol(this.#target, this.#protocol, { signal });
      this.#connection = new ClientConnection(stream, this.peer, this.#limits, this.#clock);
      return this.#connection;
    } catch (cause) {
      this.#closing.signal.throwIfAborted();
      throw new RemoteFailedError(this.peer, 'unreachable', { cause });
    }
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const callOff = this.#clock.after(delayMs, done);
      const { signal } = this.#closing;
      function done(): void {
        callOff();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** A part of an answer, and the bytes of the message that it came in. */
export type ReceivedPart = { readonly value: unknown; readonly bytes: number };

/** A call's place in the window; one that was given up keeps it until the peer has answered all the same. */
type Place = { readonly leave: () => void; keptForLateAnswer: boolean };

function isLoss(error: unknown): boolean {
  return error instanceof RemoteFailedError && error.reason !== 'failed';
}
