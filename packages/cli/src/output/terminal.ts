import type { Writable } from 'node:stream';

/** The world that a command talks to. */
export type Terminal = {
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean };
  /** Aborts when the person, or the system, asks the command to stop. */
  readonly signal: AbortSignal;
};

/** Nobody reads the output any more, as behind `| head`; there is no use in going on. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** The process was told to stop; `exitCode` is what it answers with. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(
    signalName: string,
    readonly exitCode: number,
  ) {
    super(`stopped by ${signalName}`);
  }
}

/** Standard output that waits while its reader is slow, and notices when the reader is gone. */
export class Output {
  readonly #stream: Writable;
  #failure: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: Error & { code?: string }) => {
      this.#failure ??= error.code === 'EPIPE' ? new OutputClosed() : error;
    });
  }

  /** Resolves when more may be written. @throws OutputClosed */
  async write(data: string | Uint8Array): Promise<void> {
    this.#requireOpen();
    if (this.#stream.write(data)) return;
    await new Promise<void>(resolve => {
      const events = ['drain', 'close', 'error'];
      const done = () => {
        for (const event of events) this.#stream.off(event, done);
        resolve();
      };
      for (const event of events) this.#stream.on(event, done);
    });
    this.#requireOpen();
  }

  /** Writes a line. @throws OutputClosed */
  line(text = ''): Promise<void> {
    return this.write(`${text}\n`);
  }

  #requireOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#stream.destroyed) throw new OutputClosed();
  }
}
