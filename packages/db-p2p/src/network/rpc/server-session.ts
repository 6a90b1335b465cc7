import type { PeerId, Stream } from '@libp2p/interface';
import { ExpiredError, InvalidRequestError, LimitExceededError, type Clock, type Logger } from '@blockstrata/db-core';
import { RemoteFailedError } from '../errors.js';
import type { NetworkLimits } from '../limits.js';
import { decodeCbor } from '../wire/decode-cbor.js';
import { encodeCbor } from '../wire/encode-cbor.js';
import { MessageChannel } from '../wire/message-channel.js';
import { Credit } from './credit.js';
import { answerEnvelope, requestFrom, type Answer, type Request } from './envelope.js';
import { toWireError } from './error-codes.js';
import type { PeerBudget } from './peer-budgets.js';

/** One call of a peer, as its handler sees it. */
export type Call = {
  readonly peer: PeerId;
  readonly op: string;
  readonly body: Record<string, unknown>;
  /** Aborts when the caller says so, when its stream is gone, and at the deadline. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds, by the clock of this node. */
  readonly arrival: number;
  readonly deadline: number;
  /** Sends a part of the answer; waits until the caller is ready for it. */
  emit(part: unknown): Promise<void>;
};

/** One operation of a service. */
export type OperationSpec = {
  handle(call: Call): Promise<unknown>;
  /** It goes on until it is aborted; it has no deadline, and counts as a feed. */
  readonly standing?: boolean;
};

/** What happened to a call, for logs and counters. */
export type CallOutcome = { readonly op: string; readonly code: string };

/** What a session needs of its service. */
export type SessionContext = {
  readonly operations: ReadonlyMap<string, OperationSpec>;
  readonly limits: NetworkLimits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stranger: boolean;
  readonly onOutcome: (outcome: CallOutcome) => void;
};

type Running = { readonly controller: AbortController; readonly credit: Credit };

/** The service's side of one stream: calls come in, run beside each other, and are answered as they finish. */
export class ServerSession {
  readonly #context: SessionContext;
  readonly #peer: PeerId;
  readonly #budget: PeerBudget;
  readonly #channel: MessageChannel;
  readonly #running = new Map<number, Running>();
  readonly #requestsMax: number;
  readonly #onClose: () => void;
  #bufferedBytes = 0;
  #ended = false;

  constructor(stream: Stream, peer: PeerId, budget: PeerBudget, context: SessionContext, onClose: () => void) {
    const { limits, stranger } = context;
    this.#context = context;
    this.#peer = peer;
    this.#budget = budget;
    this.#onClose = onClose;
    this.#requestsMax = stranger ? limits.strangerRequestsInFlightMax : limits.peerRequestsInFlightMax;
    const messageBytesMax = stranger ? limits.strangerMessageBytesMax : limits.messageBytesMax;
    this.#channel = new MessageChannel(stream, { ...limits, messageBytesMax }, context.clock, {
      onMessage: message => this.#onMessage(message),
      onBuffered: bytes => this.#onBuffered(bytes),
      onEnd: () => this.#onEnd(),
      onClose: error => this.#closed(error),
    });
  }

  abort(error: Error): void {
    this.#channel.abort(error);
  }

  #onBuffered(bytes: number): void {
    this.#budget.takeBytes(bytes - this.#bufferedBytes);
    this.#bufferedBytes = bytes;
  }

  #onMessage(message: Uint8Array): void {
    const request = this.#decode(message);
    if (request === undefined) return;
    if (request.kind === 'abort') this.#running.get(request.id)?.controller.abort(new CallAbortedError());
    else if (request.kind === 'more') this.#running.get(request.id)?.credit.grant(request.credit);
    else this.#start(request, message.length);
    this.#pauseIfFull();
  }

  /** What cannot be decoded has no id that an answer could name: it is answered under 0, and ends the stream. */
  #decode(message: Uint8Array): Request | undefined {
    const { limits, stranger } = this.#context;
    const messageElementsMax = stranger ? limits.strangerMessageElementsMax : limits.messageElementsMax;
    try {
      return requestFrom(decodeCbor(message, { messageDepthMax: limits.messageDepthMax, messageElementsMax }));
    } catch (error) {
      this.#context.log('a message of %s was refused: %s', this.#peer, (error as Error).message);
      this.#context.onOutcome({ op: 'unknown', code: toWireError(error).code });
      this.#send({ kind: 'error', id: 0, error: toWireError(error) });
      this.#ended = true;
      void this.#channel.close();
      return undefined;
    }
  }

  #start(request: Request & { kind: 'call' }, bytes: number): void {
    if (this.#ended) return;
    if (this.#running.has(request.id)) throw new InvalidRequestError('message.id', 'is in use');
    const standing = this.#context.operations.get(request.op)?.standing === true;
    const running = {
      controller: new AbortController(),
      credit: new Credit(request.credit, this.#context.limits.feedCreditMax),
    };
    if (standing) this.#budget.startStanding();
    else this.#budget.startRequest();
    this.#running.set(request.id, running);
    try {
      this.#budget.takeBytes(bytes);
    } catch (error) {
      this.#finish(request.id, standing, 0);
      throw error;
    }
    void this.#run(request, running, standing).finally(() => this.#finish(request.id, standing, bytes));
  }

  #finish(id: number, standing: boolean, bytes: number): void {
    this.#running.delete(id);
    if (bytes > 0) this.#budget.takeBytes(-bytes);
    if (standing) this.#budget.endStanding();
    else this.#budget.endRequest();
    if (this.#ended && this.#running.size === 0) void this.#channel.close();
  }

  async #run(request: Request & { kind: 'call' }, running: Running, standing: boolean): Promise<void> {
    const { clock, limits, onOutcome } = this.#context;
    const { id, op } = request;
    const { controller, credit } = running;
    const deadlineMs = Math.min(request.deadlineMs ?? limits.requestDeadlineMs, limits.requestDeadlineMsMax);
    const arrival = clock.now();
    const deadline = arrival + deadlineMs;
    const callOff = standing ? undefined : clock.after(deadlineMs, () => controller.abort(new ExpiredError(deadline)));
    const emit = async (part: unknown): Promise<void> => {
      await credit.use(controller.signal);
      this.#send({ kind: 'part', id, value: part });
      await this.#channel.ready();
    };
    try {
      const spec = this.#context.operations.get(op);
      if (spec === undefined) throw new InvalidRequestError('message.op', 'is not known here');
      const { signal } = controller;
      const value = await spec.handle({ peer: this.#peer, op, body: request.body, signal, arrival, deadline, emit });
      onOutcome({ op, code: 'ok' });
      this.#send({ kind: 'ok', id, value: value ?? null });
    } catch (error) {
      const wire = toWireError(error);
      if (wire.code === 'remote-failed' && !(error instanceof CallAbortedError)) {
        this.#context.log.error('%s of %s failed: %o', op, this.#peer, error);
      }
      onOutcome({ op: this.#context.operations.has(op) ? op : 'unknown', code: wire.code });
      this.#send({ kind: 'error', id, error: wire });
    } finally {
      callOff?.();
    }
    // The request counts as under way until its answer is off: a peer that does not read gets no more work done.
    await this.#channel.ready();
  }

  #send(answer: Answer): void {
    const { messageBytesMax } = this.#context.limits;
    const message = encodeCbor(answerEnvelope(answer));
    if (message.length <= messageBytesMax) return this.#channel.send(message);
    const error = toWireError(new LimitExceededError('messageBytesMax', messageBytesMax, 'the answer is too long'));
    this.#channel.send(encodeCbor(answerEnvelope({ kind: 'error', id: answer.id, error })));
  }

  #pauseIfFull(): void {
    if (this.#channel.closed || this.#budget.hasRoom(this.#requestsMax)) return;
    this.#channel.pause();
    this.#budget.onRoom(() => {
      if (this.#budget.hasRoom(this.#requestsMax)) this.#channel.resume();
      else this.#pauseIfFull();
    });
  }

  #onEnd(): void {
    this.#ended = true;
    if (this.#running.size === 0) void this.#channel.close();
  }

  #closed(error: Error | undefined): void {
    this.#budget.takeBytes(-this.#bufferedBytes);
    this.#bufferedBytes = 0;
    for (const { controller } of this.#running.values()) controller.abort(new CallAbortedError({ cause: error }));
    this.#budget.closeStream();
    this.#onClose();
  }
}

/** The caller gave up, or is gone. */
class CallAbortedError extends RemoteFailedError {
  constructor(options?: ErrorOptions) {
    super('the caller', 'lost', options);
  }
}
