import { rm } from 'node:fs/promises';
import type { Backend } from '../crash/messages.js';
import { Contender } from './contender-process.js';
import type { Reply } from './contender.js';
import { forgeLockPid, lockPath } from './forged-lock.js';

/** The time in which a process owned the store for sure. */
type Ownership = { readonly pid: number; readonly from: bigint; to: bigint | undefined };

/** What a sequence of races came to; each finding is a sentence. */
export type LockReport = { readonly findings: string[]; readonly owners: number; readonly refusals: number };

/** Lets processes race for one store, and the holder be stopped, resumed, closed or killed in between (INV-10). */
export class LockRounds {
  readonly #backend: Backend;
  readonly #directory: string;
  readonly #program: string;
  readonly #sabotaged: boolean;
  readonly #findings: string[] = [];
  readonly #ownerships: Ownership[] = [];
  readonly #asked = new Set<number>();
  readonly #acknowledged = new Set<number>();
  #contenders: Contender[] = [];
  #rev = 0;
  #refusals = 0;

  /** @param sabotaged takes the lock away from under its holder, to see whether that is noticed. */
  constructor(backend: Backend, directory: string, program: string, sabotaged = false) {
    this.#sabotaged = sabotaged;
    this.#backend = backend;
    this.#directory = directory;
    this.#program = program;
  }

  /** One round with `count` processes; the rounds differ in how the first owner ends. */
  async run(round: number, count: number): Promise<void> {
    await this.#gather(count);
    const owner = await this.#race(this.#contenders);
    if (owner === undefined) return;
    await this.#write(owner);
    if (this.#sabotaged) await rm(lockPath(this.#backend, this.#directory));
    await this.#stopAndGoOn(owner);
    await this.#end(owner, round);
    const next = await this.#race(this.#contenders.filter(one => !one.isGone && one !== owner));
    if (next === undefined) return;
    await this.#write(next);
    await this.#compare(next);
    await this.#close(next);
  }

  /** Ends all processes and gives what was found. */
  async finish(): Promise<LockReport> {
    await Promise.all(this.#contenders.map(contender => contender.kill()));
    const sorted = this.#ownerships.toSorted((a, b) => (a.from < b.from ? -1 : 1));
    for (const [i, { pid, from }] of sorted.entries()) {
      const before = sorted[i - 1];
      if (before !== undefined && (before.to === undefined || before.to > from)) {
        this.#findings.push(`${pid} owned the store before ${before.pid} had given it back`);
      }
    }
    return { findings: this.#findings, owners: this.#ownerships.length, refusals: this.#refusals };
  }

  async #gather(count: number): Promise<void> {
    this.#contenders = this.#contenders.filter(contender => !contender.isGone);
    const fresh = Array.from(
      { length: Math.max(0, count - this.#contenders.length) },
      () => new Contender(this.#program),
    );
    await Promise.all(fresh.map(contender => contender.reply()));
    this.#contenders.push(...fresh);
  }

  /** All try at once: one opens the store, the others are refused. */
  async #race(contenders: readonly Contender[]): Promise<Contender | undefined> {
    const replies = await this.#tryAll(contenders);
    const owners = contenders.filter((_, i) => replies[i]?.outcome === 'opened');
    if (owners.length !== 1) this.#findings.push(`${owners.length} of ${contenders.length} opened the store`);
    return owners[0];
  }

  async #tryAll(contenders: readonly Contender[]): Promise<Reply[]> {
    const command = { do: 'open', backend: this.#backend, directory: this.#directory } as const;
    const replies = await Promise.all(contenders.map(contender => contender.ask(command)));
    for (const [i, reply] of replies.entries()) {
      const pid = contenders[i]?.pid ?? 0;
      if (reply.outcome === 'opened') this.#ownerships.push({ pid, from: BigInt(reply.at), to: undefined });
      else if (reply.outcome === 'locked') this.#refusals++;
      else this.#findings.push(`opening by ${pid}: ${JSON.stringify(reply)}`);
    }
    return replies;
  }

  async #stopAndGoOn(owner: Contender): Promise<void> {
    owner.stop();
    const replies = await this.#tryAll(this.#contenders.filter(one => one !== owner));
    if (replies.some(({ outcome }) => outcome === 'opened'))
      this.#findings.push(`${owner.pid} lost the store while it was stopped`);
    owner.goOn();
    await this.#write(owner);
  }

  async #end(owner: Contender, round: number): Promise<void> {
    if (round % 3 === 0) return this.#close(owner);
    if (round % 3 === 1) {
      const rev = ++this.#rev;
      this.#asked.add(rev);
      owner.send({ do: 'write', rev });
    } else {
      owner.stop();
    }
    this.#ended(owner, process.hrtime.bigint());
    await owner.kill();
    if (round % 3 === 2 && this.#backend === 'file') await forgeLockPid(this.#directory, process.pid);
  }

  async #write(owner: Contender): Promise<void> {
    const rev = ++this.#rev;
    this.#asked.add(rev);
    const reply = await owner.ask({ do: 'write', rev });
    if (reply.outcome === 'wrote') this.#acknowledged.add(rev);
    else this.#findings.push(`writing by the owner: ${JSON.stringify(reply)}`);
  }

  /** What was acknowledged is there, and nothing is there that no owner wrote. */
  async #compare(owner: Contender): Promise<void> {
    const reply = await owner.ask({ do: 'list' });
    const revs = new Set(reply.outcome === 'listed' ? reply.revs : []);
    for (const rev of this.#acknowledged)
      if (!revs.has(rev)) this.#findings.push(`write ${rev} was acknowledged and is gone`);
    for (const rev of revs)
      if (!this.#asked.has(rev)) this.#findings.push(`write ${rev} is there and nobody asked for it`);
  }

  async #close(owner: Contender): Promise<void> {
    const closing = await owner.ask({ do: 'close' });
    if (closing.outcome === 'closing') this.#ended(owner, BigInt(closing.at));
    const closed = await owner.reply();
    if (closed.outcome !== 'closed') this.#findings.push(`closing: ${JSON.stringify(closed)}`);
  }

  #ended({ pid }: Contender, at: bigint): void {
    const ownership = this.#ownerships.findLast(one => one.pid === pid);
    if (ownership !== undefined) ownership.to = at;
  }
}
