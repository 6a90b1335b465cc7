import { AssertionError } from 'node:assert';
import type { BlockId, TrxId } from '@blockstrata/db-core';
import type { Call, Chain, History, Interval, Seen } from './history.js';
import { OrderGraph } from './order-graph.js';

/** Something that happened at one moment of the order that is sought: a call, or what several calls did once. */
type Step = { readonly node: number; readonly invoked: number; readonly responded: number };

type PendStep = Step & { readonly blockIds: readonly BlockId[]; readonly isExclusive: boolean };
type CallOf<K extends Call['kind']> = Extract<Call, { readonly kind: K }>;

/**
 * Checks that there is one order of all calls which agrees with what each of them answered, and with real time: strict
 * serialisability. The revisions give the order of the versions, so nothing is searched: each answer says what it comes
 * behind and before, and the order exists exactly if these have no cycle. Near linear in the calls.
 *
 * Every transaction adds its id at the front of `list` in each block that it touches, so that contents show histories.
 */
export function checkHistory(history: History): void {
  const checker = new HistoryChecker(history);
  checker.check();
}

class HistoryChecker {
  readonly #history: History;
  readonly #graph = new OrderGraph();
  readonly #writers = new Map<TrxId, Step>();
  readonly #pends = new Map<TrxId, PendStep>();
  readonly #cancels = new Map<string, Step>();
  readonly #steps: Step[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  check(): void {
    for (const call of this.#history.calls) if (call.kind === 'restore') this.#addRestore(call);
    for (const calls of groupByTrx(this.#history.calls, 'commit').values()) this.#addCommits(calls);
    for (const [trxId, calls] of groupByTrx(this.#history.calls, 'pend')) this.#addPends(trxId, calls);
    for (const [trxId, calls] of groupByTrx(this.#history.calls, 'cancel')) this.#addCancels(trxId, calls);
    this.#addVersionOrder();
    for (const call of this.#history.calls) {
      if (call.kind === 'get' && call.seen !== undefined) this.#addRead(call, call.seen);
    }
    for (const [trxId, pend] of this.#pends) if (pend.isExclusive) this.#addExclusivePend(trxId, pend);
    this.#addRealTime();
    const cycle = this.#graph.findCycle();
    if (cycle !== undefined) fail(`no order of the calls explains their answers:\n  ${cycle}`);
  }

  #addRestore(call: Extract<Call, { kind: 'restore' }>): void {
    if (!call.trxIds.some(trxId => this.#landed(trxId))) return;
    const step = this.#step(`restore of ${call.blockId}`, call);
    for (const trxId of call.trxIds) if (!this.#writers.has(trxId)) this.#writers.set(trxId, step);
  }

  /** The commits of one transaction. Acknowledged: it is there. Refused, and never tried with success: it is not. */
  #addCommits(calls: readonly CallOf<'commit'>[]): void {
    const landed: CallOf<'commit'>[] = [];
    for (const call of calls) {
      const { trxId, blockIds, rev } = call.request;
      const held = blockIds.filter(blockId =>
        this.#chain(blockId).some(entry => entry.trxId === trxId && entry.rev === rev),
      );
      if (call.succeeded && held.length < new Set(blockIds).size)
        fail(`commit of ${trxId} at ${rev} was acknowledged, and is lost (INV-1)`);
      if (held.length > 0 && held.length < blockIds.length)
        fail(`commit of ${trxId} landed on a part of its blocks (INV-2)`);
      if (held.length > 0) landed.push(call);
    }
    const trxId = calls[0]?.request.trxId ?? '';
    const effect = effectOf(landed);
    if (effect === undefined || this.#writers.has(trxId)) return;
    const writer = this.#step(`commit of ${trxId}`, effect);
    this.#writers.set(trxId, writer);
    for (const call of landed.filter(({ refused }) => refused)) {
      const refusal = this.#step(`refusal to commit ${trxId}`, call);
      this.#graph.before(refusal.node, writer.node, `${trxId} was not committed yet when that was refused (INV-8)`);
    }
  }

  #addPends(trxId: TrxId, calls: readonly CallOf<'pend'>[]): void {
    const effect = effectOf(calls);
    const acknowledged = calls.find(({ succeeded }) => succeeded);
    if (effect === undefined || acknowledged === undefined) return;
    const isExclusive = calls.every(({ policy }) => policy !== 'c');
    this.#pends.set(trxId, {
      ...this.#step(`pend of ${trxId}`, effect),
      blockIds: acknowledged.blockIds,
      isExclusive,
    });
  }

  #addCancels(trxId: TrxId, calls: readonly CallOf<'cancel'>[]): void {
    const pend = this.#pends.get(trxId);
    // One that came too early cancelled nothing.
    const late = calls.filter(call => !call.refused && call.responded > (pend?.responded ?? Infinity));
    for (const blockId of pend?.blockIds ?? []) {
      const effect = effectOf(late.filter(({ request }) => request.blockIds.includes(blockId)));
      if (effect !== undefined) this.#cancels.set(`${trxId} ${blockId}`, this.#step(`cancel of ${trxId}`, effect));
    }
  }

  #addVersionOrder(): void {
    for (const [blockId, chain] of this.#history.chains) {
      chain.forEach(({ trxId, rev }, i) => {
        const writer = this.#writers.get(trxId) ?? fail(`${trxId} is committed on ${blockId}, and nobody committed it`);
        const pend = this.#pends.get(trxId);
        if (pend !== undefined) this.#graph.before(pend.node, writer.node, 'it was pending before it was committed');
        const below = chain[i - 1];
        if (below === undefined) return;
        if (below.rev >= rev) fail(`the revisions of ${blockId} are out of order`);
        const lower = this.#writers.get(below.trxId);
        if (lower !== undefined && lower !== writer)
          this.#graph.before(lower.node, writer.node, `${blockId} at ${below.rev} is below ${rev}`);
      });
    }
  }

  #addRead(call: Extract<Call, { kind: 'get' }>, seen: readonly Seen[]): void {
    const step = this.#step(`read of ${seen.map(({ blockId, tip }) => `${blockId}@${tip}`).join(' ')}`, call);
    for (const one of seen) {
      const chain = this.#chain(one.blockId);
      this.#checkContent(call, one, chain);
      const at = chain.findIndex(({ rev }) => rev === one.tip);
      if (one.tip !== 0 && at === -1) fail(`a read saw ${one.blockId} at ${one.tip}, which is not committed (INV-4)`);
      const writer = this.#writers.get(chain[at]?.trxId ?? '');
      if (writer !== undefined) this.#graph.before(writer.node, step.node, `it saw ${one.blockId} at ${one.tip}`);
      const overwriter = this.#writers.get(chain[at + 1]?.trxId ?? '');
      if (overwriter !== undefined)
        this.#graph.before(step.node, overwriter.node, `it did not see ${one.blockId} at ${chain[at + 1]?.rev}`);
      this.#addSeenPendings(step, one, new Set(chain.slice(0, at + 1).map(({ trxId }) => trxId)));
    }
  }

  #checkContent({ pin, overlay }: Extract<Call, { kind: 'get' }>, one: Seen, chain: Chain): void {
    const expected = chain
      .filter(({ rev }) => rev <= Math.min(pin, one.tip))
      .map(({ trxId }) => trxId)
      .reverse();
    const overlaid = overlay !== undefined && one.pendings.includes(overlay) ? [overlay, ...expected] : expected;
    if (one.content !== undefined && one.content.join() !== overlaid.join()) {
      fail(
        `a read of ${one.blockId} at tip ${one.tip}, pinned at ${pin}, saw [${one.content.join()}] instead of [${overlaid.join()}] (INV-4, INV-6)`,
      );
    }
  }

  #addSeenPendings(step: Step, { blockId, pendings }: Seen, committed: ReadonlySet<TrxId>): void {
    for (const trxId of pendings)
      if (!this.#mayBePending(trxId, blockId))
        fail(`a read saw ${trxId} pending on ${blockId}, which was refused (INV-8)`);
    for (const [trxId, pend] of this.#pends) {
      if (!pend.blockIds.includes(blockId)) continue;
      if (pendings.includes(trxId)) {
        if (committed.has(trxId)) fail(`a read saw ${trxId} pending and committed on ${blockId} (INV-5)`);
        this.#graph.before(pend.node, step.node, `it saw ${trxId} pending on ${blockId}`);
        const end = this.#endOf(trxId, blockId);
        if (end !== undefined) this.#graph.before(step.node, end.node, `${trxId} was still pending on ${blockId}`);
      } else if (!committed.has(trxId)) {
        this.#addAbsence(step, trxId, blockId);
      }
    }
  }

  /** A pend that tolerates no others: at its moment none of them was pending. */
  #addExclusivePend(mine: TrxId, step: PendStep): void {
    for (const blockId of step.blockIds) {
      for (const [trxId, { blockIds }] of this.#pends) {
        if (trxId !== mine && blockIds.includes(blockId)) this.#addAbsence(step, trxId, blockId);
      }
    }
  }

  /** At `step` the transaction was not pending on the block: not yet, or no longer; real time often tells which. */
  #addAbsence(step: Step, trxId: TrxId, blockId: BlockId): void {
    const pend = this.#pends.get(trxId);
    if (pend === undefined) return;
    const end = this.#endOf(trxId, blockId);
    const why = `${trxId} was not pending on ${blockId}`;
    if (end === undefined || step.responded < end.invoked) this.#graph.before(step.node, pend.node, why);
    else if (pend.responded < step.invoked) this.#graph.before(end.node, step.node, why);
  }

  #addRealTime(): void {
    const events = this.#steps.flatMap(step => [
      { at: step.invoked, step, begins: true },
      ...(step.responded === Infinity ? [] : [{ at: step.responded, step, begins: false }]),
    ]);
    events.sort((a, b) => a.at - b.at);
    let now = this.#graph.add('the beginning');
    for (const { at, step, begins } of events) {
      if (begins) {
        this.#graph.before(now, step.node, 'it began later');
      } else {
        const next = this.#graph.add(`time ${at}`);
        this.#graph.before(now, next, 'time passes');
        this.#graph.before(step.node, next, 'it had ended');
        now = next;
      }
    }
  }

  #mayBePending(trxId: TrxId, blockId: BlockId): boolean {
    return this.#history.calls.some(
      call => call.kind === 'pend' && call.trxId === trxId && !call.refused && call.blockIds.includes(blockId),
    );
  }

  #endOf(trxId: TrxId, blockId: BlockId): Step | undefined {
    const committed = this.#chain(blockId).some(entry => entry.trxId === trxId);
    return committed ? this.#writers.get(trxId) : this.#cancels.get(`${trxId} ${blockId}`);
  }

  #landed(trxId: TrxId): boolean {
    return [...this.#history.chains.values()].some(chain => chain.some(entry => entry.trxId === trxId));
  }

  #chain(blockId: BlockId): Chain {
    return this.#history.chains.get(blockId) ?? [];
  }

  #step(name: string, { invoked, responded }: { invoked: number; responded: number }): Step {
    const step = { node: this.#graph.add(`${name} (${invoked}–${responded})`), invoked, responded };
    this.#steps.push(step);
    return step;
  }
}

/**
 * When several calls that asked for the same had their one effect: not before the first of them was made, and not after
 * one of them was acknowledged; `undefined`: all were refused.
 */
function effectOf(calls: readonly (Interval & { succeeded: boolean; refused: boolean })[]): Interval | undefined {
  const attempts = calls.filter(({ refused }) => !refused);
  if (attempts.length === 0) return undefined;
  const acknowledged = attempts.filter(({ succeeded }) => succeeded);
  return {
    invoked: Math.min(...attempts.map(({ invoked }) => invoked)),
    responded: Math.min(Infinity, ...acknowledged.map(({ responded }) => responded)),
  };
}

function groupByTrx<K extends 'pend' | 'commit' | 'cancel'>(calls: readonly Call[], kind: K): Map<TrxId, CallOf<K>[]> {
  const groups = new Map<TrxId, CallOf<K>[]>();
  for (const call of calls) {
    if (!isOfKind(call, kind)) continue;
    const trxId = 'request' in call ? call.request.trxId : 'trxId' in call ? call.trxId : '';
    groups.set(trxId, [...(groups.get(trxId) ?? []), call]);
  }
  return groups;
}

function isOfKind<K extends Call['kind']>(call: Call, kind: K): call is CallOf<K> {
  return call.kind === kind;
}

function fail(message: string): never {
  throw new AssertionError({ message });
}
