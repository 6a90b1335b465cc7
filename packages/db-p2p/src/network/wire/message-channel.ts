import type { Stream } from '@libp2p/interface';
import { InvalidRequestError, type Clock } from '@blockstrata/db-core';
import { allocate } from '#platform';
import type { NetworkLimits } from '../limits.js';
import { frameHead, FrameReader } from './frame-reader.js';

/** What a channel tells its owner. None of these may throw, except `onMessage`, which then ends the channel. */
export type ChannelHandlers = {
  /** One whole message; its bytes are free to be kept. */
  onMessage(message: Uint8Array): void;
  /** Bytes that wait in memory for the rest of their message, whenever that changes. A throw ends the channel. */
  onBuffered?(bytes: number): void;
  /** The other side sends nothing more, but can still be answered. */
  onEnd?(): void;
  /** The stream is gone; called exactly once. */
  onClose(error: Error | undefined): void;
};

/** The bounds that a channel works in. */
export type ChannelLimits = Pick<
  NetworkLimits,
  'messageBytesMax' | 'messageMsMax' | 'writeMsMax' | 'writeQueueBytesMax'
>;

const defer: (run: () => void) => void =
  typeof globalThis.setImmediate === 'function' ? run => void setImmediate(run) : queueMicrotask;

/**
 * Messages over one libp2p stream. Messages that are sent together go down as one write; a reader that does not keep up,
 * and a sender that drips, lose the stream after a deadline (INV-12).
 */
export class MessageChannel {
  readonly #stream: Stream;
  readonly #limits: ChannelLimits;
  readonly #clock: Clock;
  readonly #handlers: ChannelHandlers;
  readonly #reader: FrameReader;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #flushing = false;
  #paused = false;
  #ended = false;
  #closed = false;
  #finishing: Promise<void> | undefined;
  #callOffMessageTimer: (() => void) | undefined;
  #callOffCloseTimer: (() => void) | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(stream: Stream, limits: ChannelLimits, clock: Clock, handlers: ChannelHandlers) {
    this.#stream = stream;
    this.#limits = limits;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#reader = new FrameReader(limits.messageBytesMax);
    stream.addEventListener('close', event => this.#onClose(event.error));
    stream.addEventListener('end', () => this.#onEnd());
    stream.addEventListener('message', event => this.#onBytes(event.data));
    if (stream.status !== 'open') queueMicrotask(() => this.#onClose(undefined));
    else if (stream.readableEnded) queueMicrotask(() => this.#onEnd());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a message; it goes out with whatever else is sent in this turn of the event loop. */
  send(message: Uint8Array): void {
    if (this.#closed || this.#finishing !== undefined) return;
    const head = frameHead(message.length);
    this.#queue.push(head, message);
    this.#queuedBytes += head.length + message.length;
    if (this.#flushing) return;
    this.#flushing = true;
    defer(() => void this.#flush());
  }

  /** Resolves when so little waits to be sent that more is welcome; also when the channel is closed. */
  async ready(): Promise<void> {
    while (this.#queuedBytes > this.#limits.writeQueueBytesMax && !this.#closed) {
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
  }

  /** Leaves what arrives unread, so that the sender has to wait. */
  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    if (this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#deliver();
    if (!this.#paused && this.#stream.readStatus === 'paused') this.#stream.resume();
  }

  /** Sends what is queued and then closes this end; lets go of the stream if the other end does not follow in time. */
  close(): Promise<void> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  /** Drops the stream and everything that is queued. */
  abort(error: Error): void {
    if (this.#closed) return;
    this.#stream.abort(error);
    this.#onClose(error);
  }

  async #finish(): Promise<void> {
    // A stream that is only half closed still counts against the peer; the deadline ends it if the peer does not.
    this.#callOffCloseTimer = this.#clock.after(this.#limits.writeMsMax, () =>
      this.abort(new InvalidRequestError('stream', 'was not closed in time')),
    );
    try {
      while (this.#queuedBytes > 0 && !this.#closed) {
        this.#waiting ??= Promise.withResolvers<void>();
        await this.#waiting.promise;
      }
      if (!this.#closed) await this.#stream.close();
    } catch (error) {
      this.abort(error as Error);
    }
  }

  async #flush(): Promise<void> {
    try {
      while (this.#queuedBytes > 0 && !this.#closed) {
        const bytes = concat(this.#queue, this.#queuedBytes);
        this.#queue = [];
        const drained = this.#stream.send(bytes);
        if (!drained) await this.#stream.onDrain({ signal: AbortSignal.timeout(this.#limits.writeMsMax) });
        // What arrived in the meantime is in the queue, and is not yet counted out.
        this.#queuedBytes = this.#queue.reduce((sum, queued) => sum + queued.length, 0);
        this.#wake();
      }
    } catch (error) {
      this.abort(error as Error);
    } finally {
      this.#flushing = false;
      this.#wake();
    }
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #onBytes(data: Uint8Array | Iterable<Uint8Array>): void {
    if (data instanceof Uint8Array) this.#reader.push(data);
    else for (const bytes of data) this.#reader.push(bytes);
    this.#deliver();
  }

  #deliver(): void {
    try {
      while (!this.#paused && !this.#closed) {
        const message = this.#reader.next();
        if (message === undefined) break;
        this.#stopMessageTimer();
        this.#handlers.onMessage(message);
      }
      this.#handlers.onBuffered?.(this.#reader.bufferedBytes);
    } catch (error) {
      this.abort(error as Error);
      return;
    }
    if (this.#closed) return;
    if (this.#reader.bufferedBytes === 0 || this.#paused) this.#stopMessageTimer();
    else
      this.#callOffMessageTimer ??= this.#clock.after(this.#limits.messageMsMax, () =>
        this.abort(new InvalidRequestError('message', 'did not arrive in time')),
      );
    if (this.#ended && !this.#paused) this.#handlers.onEnd?.();
  }

  #stopMessageTimer(): void {
    this.#callOffMessageTimer?.();
    this.#callOffMessageTimer = undefined;
  }

  #onEnd(): void {
    // A stream that was aborted ends too; that is told by its close.
    if (this.#ended || this.#closed || (this.#stream.status !== 'open' && this.#stream.status !== 'closing')) return;
    this.#ended = true;
    if (this.#paused) return;
    if (this.#reader.bufferedBytes > 0) return this.abort(new InvalidRequestError('message', 'was cut short'));
    this.#handlers.onEnd?.();
  }

  #onClose(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopMessageTimer();
    this.#callOffCloseTimer?.();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#wake();
    this.#handlers.onClose(error);
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const joined = allocate(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
