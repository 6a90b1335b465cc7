import {
  BlockstrataError,
  contentEquals,
  type BlockId,
  type BlockOperation,
  type CommitResult,
  type GetBlockResult,
  type PendRequest,
  type PendResult,
  type TrxId,
} from '@blockstrata/db-core';
import { REMOTE_BLOCK } from '../../model/coordinators.js';
import type { Call, Seen } from '../../history/history.js';
import { dice } from './dice.js';
import { checkFrozen, spoil } from './immutability.js';
import type { Ledger } from './ledger.js';
import type { Life } from './medium.js';
import type { WorldErrand } from './plan.js';
import type { Scheduler } from './scheduler.js';
import { wrong } from './world-error.js';

type Transact = Extract<WorldErrand, { kind: 'transact' }>;
type Transaction = {
  readonly request: PendRequest;
  readonly rev: number;
  readonly blockIds: readonly BlockId[];
  stage: 'pend' | 'commit' | 'cancel';
};
/** Refused: nothing was changed. Unknown: nobody can tell. */
type Outcome = 'done' | 'refused' | 'unknown';

const WAIT_MS = 5_000;
const TRIES = 2;

/** What coordinators share. */
export type CoordinatorWorld = { readonly seed: number; readonly ledger: Ledger; readonly scheduler: Scheduler };

/**
 * Does its errands one after the other, in as many lives of the store as that takes: what it does not know the outcome of
 * it asks for again.
 */
export class WorldCoordinator {
  readonly #world: CoordinatorWorld;
  readonly #name: string;
  readonly #errands: readonly WorldErrand[];
  #at = 0;
  #transaction: Transaction | undefined;

  constructor(world: CoordinatorWorld, name: string, errands: readonly WorldErrand[]) {
    this.#world = world;
    this.#name = name;
    this.#errands = errands;
  }

  get isDone(): boolean {
    return this.#at >= this.#errands.length;
  }

  /** Goes on, until all is done or the store does no more. */
  async live(life: Life): Promise<void> {
    for (let tries = 0; !this.isDone && tries < TRIES;) {
      const errand = this.#errands[this.#at];
      if (errand === undefined) return;
      if (await this.#run(life, errand)) {
        this.#at++;
        this.#transaction = undefined;
        tries = 0;
      } else {
        tries++;
      }
    }
  }

  /** Whether the errand is done, one way or the other. */
  async #run(life: Life, errand: WorldErrand): Promise<boolean> {
    if (errand.kind === 'transact') return this.#transact(life, errand);
    if (errand.kind === 'read') return (await this.#read(life, errand.blockIds, errand.pin, undefined)) !== undefined;
    return this.#refresh(life);
  }

  async #transact(life: Life, errand: Transact): Promise<boolean> {
    const transaction = (this.#transaction ??= await this.#prepare(life, errand));
    if (transaction === undefined) return false;
    const { request, blockIds } = transaction;
    const { trxId } = request;
    if (transaction.stage === 'pend') {
      const outcome = await this.#pend(life, transaction, errand);
      if (outcome === 'refused') return true;
      if (outcome === 'unknown') return false;
      if (errand.ending === 'leave') return true;
      transaction.stage = errand.ending === 'cancel' ? 'cancel' : 'commit';
      await this.#read(life, blockIds, undefined, trxId);
      await this.#readAsCommitted(life, transaction);
    }
    if (transaction.stage === 'commit') {
      const outcome = await this.#commit(life, transaction, errand.ending === 'abort');
      if (outcome === 'done') return true;
      if (outcome === 'unknown' && errand.ending !== 'abort') return false;
      transaction.stage = 'cancel';
    }
    const request2 = { trxId, blockIds: [...blockIds] };
    const call = this.#world.ledger.recorder.begin({ kind: 'cancel', request: { ...request2 } });
    return (await this.#call(call, `cancel ${trxId}`, () => life.repo.cancel(request2))) === 'done';
  }

  /** Reads what there is, and decides what to ask for. */
  async #prepare(life: Life, errand: Transact): Promise<Transaction | undefined> {
    const { blockIds } = errand;
    const found = await this.#read(life, blockIds, undefined, undefined);
    if (found === undefined) return undefined;
    const trxId = `${this.#name}${this.#at + 1}`;
    const tips = blockIds.map(id => found[id]?.state.latest?.rev ?? 0);
    const rev = Math.max(0, ...tips) + 1 + Math.floor(dice(this.#world.seed, this.#at, `${trxId} skips`) * 3);
    const isThere = (id: BlockId) => found[id]?.block !== undefined;
    const request: PendRequest = {
      trxId,
      policy: errand.policy,
      transforms: {
        inserts: Object.fromEntries(blockIds.filter(id => !isThere(id)).map(id => [id, blockOf(id, trxId)])),
        updates: Object.fromEntries(blockIds.filter(isThere).map(id => [id, this.#operations(id, trxId)])),
      },
      ...(errand.namesRev ? { rev } : {}),
      ...(errand.bases ? { bases: Object.fromEntries(blockIds.map((id, i) => [id, tips[i] ?? 0])) } : {}),
    };
    this.#world.ledger.requests.set(trxId, structuredClone(request));
    return { request, rev, blockIds, stage: 'pend' };
  }

  #operations(blockId: BlockId, trxId: TrxId): BlockOperation[] {
    const draw = dice(this.#world.seed, this.#at, `${trxId} on ${blockId}`);
    const first: BlockOperation = ['list', 0, 0, [trxId]];
    if (draw < 0.5) return [first];
    if (draw < 0.7) return [first, ['bytes', -1, 0, bytesOf(trxId)]];
    return [first, ['constructor', -1, 0, `${trxId} é`], ['more', -1, 0, [{ by: trxId }]]];
  }

  async #pend(life: Life, { request, blockIds }: Transaction, { policy }: Transact): Promise<Outcome> {
    const { ledger } = this.#world;
    const call = ledger.recorder.begin({ kind: 'pend', trxId: request.trxId, blockIds, policy });
    return this.#call(call, `pend ${request.trxId}`, () => {
      const given = structuredClone(request);
      const expiration = life.clock.now() + WAIT_MS;
      const pending = life.repo.pend(given, policy === 'w' ? { expiration } : {});
      spoil(given);
      return pending;
    });
  }

  async #commit(life: Life, { request, rev, blockIds }: Transaction, aborts: boolean): Promise<Outcome> {
    const { ledger, scheduler } = this.#world;
    const aborter = new AbortController();
    const given = { trxId: request.trxId, blockIds: [...blockIds], rev };
    const call = ledger.recorder.begin({ kind: 'commit', request: structuredClone(given) });
    const committing = this.#call(call, `commit ${request.trxId} at ${rev}`, () => {
      const answer = life.repo.commit(given, { signal: aborter.signal });
      given.blockIds.length = 0;
      return answer;
    });
    if (aborts) {
      // It may fail before it is waited for.
      committing.catch(() => undefined);
      await scheduler.step(`${this.#name} waits`);
      aborter.abort();
    }
    return committing;
  }

  async #call(
    call: Extract<Call, { succeeded: boolean }>,
    label: string,
    run: () => Promise<PendResult | CommitResult | void>,
  ): Promise<Outcome> {
    const { ledger, scheduler } = this.#world;
    scheduler.note(`${this.#name}: ${label}`);
    try {
      const result = await run();
      call.succeeded = result === undefined || result.success;
      call.refused = !call.succeeded;
      if (result?.success === false) {
        ledger.missing.push(...(result.missing ?? []));
        // Only its own coordinator cancels a transaction, and then commits it no more.
        if (call.kind === 'commit' && result.code === 'missing-pend') wrong(`INV-6: the pend of ${label} is not found`);
      }
      const answer = result === undefined || result.success ? 'done' : result.code;
      scheduler.note(`${this.#name}: ${label}: ${answer}`);
    } catch (error) {
      scheduler.note(`${this.#name}: ${label}: ${nameOf(error)}`);
      if (!(error instanceof BlockstrataError) || error.code !== 'invalid-request') {
        mustBeTyped(error);
        return 'unknown';
      }
      call.refused = true;
    }
    ledger.recorder.end(call);
    return call.succeeded ? 'done' : 'refused';
  }

  async #read(
    life: Life,
    blockIds: readonly BlockId[],
    rev: number | undefined,
    trxId: TrxId | undefined,
  ): Promise<Record<BlockId, GetBlockResult> | undefined> {
    const { recorder } = this.#world.ledger;
    const call = recorder.beginGet({ kind: 'get', pin: rev ?? Infinity, overlay: trxId });
    const context = { ...(rev === undefined ? {} : { rev }), ...(trxId === undefined ? {} : { trxId }) };
    const results = await this.#get(life, blockIds, context);
    if (results === undefined) return undefined;
    call.seen = Object.entries(results).flatMap(([id, result]) => seen(id, result, trxId !== undefined));
    recorder.end(call);
    return results;
  }

  /** A pending transaction that is known to be committed elsewhere is read as if it were committed here. */
  async #readAsCommitted(life: Life, { request: { trxId }, rev, blockIds }: Transaction): Promise<void> {
    const results = await this.#get(life, blockIds, { committed: [{ trxId, rev }] });
    for (const [blockId, { state, block, unavailable }] of Object.entries(results ?? {})) {
      const { latest, pendings = [] } = state;
      if (latest?.trxId !== trxId) {
        if ((latest?.rev ?? 0) < rev) wrong(`${blockId} does not show ${trxId} as committed`);
        continue;
      }
      if (unavailable !== undefined) continue;
      const list = block?.['list'] as readonly TrxId[] | undefined;
      if (list?.[0] !== trxId || latest.rev !== rev || pendings.includes(trxId)) {
        wrong(`${blockId} shows ${trxId} as committed, with ${JSON.stringify({ list, latest, pendings })}`);
      }
    }
  }

  async #get(
    { repo }: Life,
    blockIds: readonly BlockId[],
    context: NonNullable<Parameters<Life['repo']['get']>[0]['context']>,
  ): Promise<Record<BlockId, GetBlockResult> | undefined> {
    const { scheduler } = this.#world;
    const label = `${this.#name}: get ${blockIds.join()} ${JSON.stringify(context)}`;
    scheduler.note(label);
    try {
      const given = { blockIds: [...blockIds], context: structuredClone(context) };
      const reading = repo.get(given);
      given.blockIds.length = 0;
      const results = await reading;
      scheduler.note(`${label}: ${JSON.stringify(results)}`);
      for (const { block } of Object.values(results)) {
        checkBytes(block);
        checkFrozen(block);
      }
      return results;
    } catch (error) {
      scheduler.note(`${label}: ${nameOf(error)}`);
      mustBeTyped(error);
      return undefined;
    }
  }

  async #refresh({ repo }: Life): Promise<boolean> {
    const { ledger, scheduler } = this.#world;
    const call = ledger.recorder.begin({ kind: 'restore', blockId: REMOTE_BLOCK, trxIds: ['r2', 'r4'] });
    scheduler.note(`${this.#name}: refresh`);
    try {
      await repo.refresh([REMOTE_BLOCK]);
      scheduler.note(`${this.#name}: refresh: done`);
      ledger.recorder.end(call);
      return true;
    } catch (error) {
      scheduler.note(`${this.#name}: refresh: ${nameOf(error)}`);
      mustBeTyped(error);
      // What was committed here first does not agree with what is held elsewhere; or the store does no more.
      return error instanceof BlockstrataError && error.code === 'restore-failed';
    }
  }
}

function blockOf(id: BlockId, trxId: TrxId) {
  return { header: { id, type: 't', collectionId: 'a' }, list: [trxId], bytes: bytesOf(trxId) };
}

function bytesOf(trxId: TrxId): Uint8Array {
  return Uint8Array.from(trxId, character => character.charCodeAt(0));
}

/** The bytes of a block are those that one of its transactions put there, whatever anybody did to them since. */
function checkBytes(block: GetBlockResult['block']): void {
  const bytes = block?.['bytes'];
  const list = block?.['list'];
  if (!(bytes instanceof Uint8Array) || !Array.isArray(list)) return;
  const wrote = (trxId: unknown) => contentEquals(bytes, bytesOf(String(trxId)));
  if (!list.some(wrote)) wrong(`INV-13: the bytes of ${block?.header.id} were changed to ${bytes.join()}`);
}

function seen(blockId: BlockId, { block, rev, state, unavailable }: GetBlockResult, isOverlaid: boolean): Seen[] {
  if (unavailable !== undefined && !isOverlaid) wrong(`INV-4: ${blockId} is ${unavailable}`);
  const content = unavailable === undefined ? ((block?.['list'] ?? []) as TrxId[]) : undefined;
  return [{ blockId, tip: state.latest?.rev ?? 0, rev: rev ?? 0, content, pendings: state.pendings ?? [] }];
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof BlockstrataError ? error.code : error.name;
}

function mustBeTyped(error: unknown): void {
  if (error instanceof BlockstrataError) return;
  if (error instanceof Error && error.name === 'AbortError') return;
  throw error;
}
