import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Command, Reply } from './contender.js';

const REPLY_MS_MAX = 15_000;

/** A process that tries to own a store, and does what it is told. */
export class Contender {
  readonly #process: ChildProcess;
  readonly #replies: Reply[] = [];
  readonly #waiting: ((reply: Reply) => void)[] = [];
  readonly #exited: Promise<void>;
  isGone = false;

  constructor(program: string) {
    this.#process = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#exited = new Promise(resolve => this.#process.on('close', () => resolve()));
    const { stdout } = this.#process;
    if (stdout === null) throw new TypeError('the contender has no output');
    createInterface({ input: stdout }).on('line', line => {
      const reply = JSON.parse(line) as Reply;
      const next = this.#waiting.shift();
      if (next === undefined) this.#replies.push(reply);
      else next(reply);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Sends a command without waiting for what comes of it. */
  send(command: Command): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends a command and waits for the reply. */
  async ask(command: Command): Promise<Reply> {
    this.send(command);
    return this.reply();
  }

  /** The next reply. */
  async reply(): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply !== undefined) return reply;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new RangeError(`contender ${this.pid} does not answer`)), REPLY_MS_MAX);
      this.#waiting.push(answer => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  /** Stops the process where it is. */
  stop(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Lets a stopped process go on. */
  goOn(): void {
    this.#process.kill('SIGCONT');
  }

  /** Kills the process; resolves when it is no more. */
  async kill(): Promise<void> {
    this.isGone = true;
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
