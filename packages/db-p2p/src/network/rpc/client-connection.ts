import type { Stream } from '@libp2p/interface';
import { BlockstrataError, type Clock } from '@blockstrata/db-core';
import { RemoteFailedError } from '../errors.js';
import type { NetworkLimits } from '../limits.js';
import { decodeCbor } from '../wire/decode-cbor.js';
import { encodeCbor } from '../wire/encode-cbor.js';
import { MessageChannel } from '../wire/message-channel.js';
import { answerFrom, requestEnvelope } from './envelope.js';
import { fromWireError } from './error-codes.js';

/** What a call gets back. Exactly one of `onOk` and `onError` is called, once, after all parts. */
export type CallSink = {
  /** @param bytes of the message that it came in. */
  onPart(value: unknown, bytes: number): void;
  onOk(value: unknown): void;
  onError(error: Error): void;
};

/** A call to be made. */
export type OutgoingCall = {
  readonly op: string;
  readonly body: Record<string, unknown>;
  readonly deadlineMs?: number | undefined;
  readonly credit?: number;
};

/** The caller's side of one stream: calls go out without waiting for each other, and are settled as answers arrive. */
export class ClientConnection {
  readonly #peer: string;
  readonly #limits: NetworkLimits;
  readonly #channel: MessageChannel;
  readonly #calls = new Map<number, CallSink>();
  #nextId = 1;

  constructor(stream: Stream, peer: string, limits: NetworkLimits, clock: Clock) {
    this.#peer = peer;
    this.#limits = limits;
    this.#channel = new MessageChannel(stream, limits, clock, {
      onMessage: message => this.#onMessage(message),
      onEnd: () => void this.#channel.close(),
      onClose: error => this.#fail(error),
    });
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  /** Resolves when more may be sent. */
  ready(): Promise<void> {
    return this.#channel.ready();
  }

  /** Sends a call and returns its id. */
  call(call: OutgoingCall, sink: CallSink): number {
    const id = this.#nextId++;
    const { op, body, deadlineMs, credit = 0 } = call;
    const message = encodeCbor(requestEnvelope({ kind: 'call', id, op, body, deadlineMs, credit }));
    this.#calls.set(id, sink);
    this.#channel.send(message);
    return id;
  }

  /** Lets the other side send more parts of a call. */
  grant(id: number, credit: number): void {
    if (this.#calls.has(id)) this.#channel.send(encodeCbor(requestEnvelope({ kind: 'more', id, credit })));
  }

  /** Asks the other side to end a call; its answer still comes. */
  abortCall(id: number): void {
    if (this.#calls.has(id)) this.#channel.send(encodeCbor(requestEnvelope({ kind: 'abort', id })));
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }

  abort(error: Error): void {
    this.#channel.abort(error);
  }

  #onMessage(message: Uint8Array): void {
    const answer = answerFrom(decodeCbor(message, this.#limits));
    if (answer.kind === 'error' && answer.id === 0) throw fromWireError(answer.error, this.#peer);
    const sink = this.#calls.get(answer.id);
    if (sink === undefined) throw new RemoteFailedError(this.#peer, 'protocol');
    if (answer.kind === 'part') return sink.onPart(answer.value, message.length);
    this.#calls.delete(answer.id);
    if (answer.kind === 'ok') sink.onOk(answer.value);
    else sink.onError(fromWireError(answer.error, this.#peer));
  }

  #fail(error: Error | undefined): void {
    const failure =
      error instanceof RemoteFailedError ? error : new RemoteFailedError(this.#peer, reasonOf(error), { cause: error });
    for (const sink of this.#calls.values()) sink.onError(failure);
    this.#calls.clear();
  }
}

/** What came over the stream is refused with errors of this library; all others are the stream's own. */
function reasonOf(error: Error | undefined): 'lost' | 'protocol' {
  return error instanceof BlockstrataError ? 'protocol' : 'lost';
}
