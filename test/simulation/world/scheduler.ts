import { createHash } from 'node:crypto';
import { AssertionError } from 'node:assert';
import { dice } from './dice.js';
import type { WorldClock } from './world-clock.js';

type Waiting = { readonly label: string; readonly release: () => void };

// Only what is loaded when it is first called takes real time; nothing takes this long.
const STALLED_MS = 10_000;
const TIMER_CHANCE = 0.02;

/**
 * Decides who goes on next. Everything that would take time in the world waits here for its turn, and the seed draws the
 * turns; so the same seed gives the same trace.
 */
export class Scheduler {
  /** What happened, in order. */
  readonly trace: string[] = [];
  readonly #seed: number;
  #waiting: Waiting[] = [];
  #steps = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** How many turns were taken. */
  get steps(): number {
    return this.#steps;
  }

  /** SHA-256 over the whole trace. */
  get hash(): string {
    return createHash('sha256').update(this.trace.join('\n')).digest('hex');
  }

  /** Resolves when it is this one's turn. */
  step(label: string): Promise<void> {
    return new Promise(resolve => this.#waiting.push({ label, release: resolve }));
  }

  note(line: string): void {
    this.trace.push(line);
  }

  /** Whoever waits now waits for ever: their process is gone. */
  abandon(): void {
    this.#waiting = [];
  }

  /**
   * Gives turns until `isDone`; `between` runs before each turn, and ends it all by answering `stop`.
   *
   * @throws AssertionError if nobody can go on
   */
  async run(clock: WorldClock, isDone: () => boolean, between: () => 'stop' | undefined): Promise<'done' | 'stopped'> {
    let stalledSince: number | undefined;
    for (;;) {
      await quiet();
      if (isDone()) return 'done';
      if (between() === 'stop') return 'stopped';
      if (this.#turn(clock)) {
        stalledSince = undefined;
        continue;
      }
      stalledSince ??= performance.now();
      if (performance.now() - stalledSince > STALLED_MS) throw new AssertionError({ message: 'nobody can go on' });
    }
  }

  #turn(clock: WorldClock): boolean {
    const number = this.#steps;
    if (this.#waiting.length === 0 || dice(this.#seed, number, 'timer') < TIMER_CHANCE) {
      if (clock.fireNext()) {
        this.#steps++;
        this.note('a timer fires');
        return true;
      }
    }
    const at = Math.floor(dice(this.#seed, number, 'turn') * this.#waiting.length);
    const [next] = this.#waiting.splice(at, 1);
    if (next === undefined) return false;
    this.#steps++;
    this.note(next.label);
    next.release();
    return true;
  }
}

/**
 * Resolves when everybody waits for something: promises that follow from each other take no turn of the event loop, and
 * a group commit takes one between two groups.
 */
async function quiet(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
