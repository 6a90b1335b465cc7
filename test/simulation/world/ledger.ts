import {
  contentEquals,
  transformForBlockId,
  type BlockId,
  type PendRequest,
  type RepoFailure,
  type TrxId,
} from '@blockstrata/db-core';
import type { LogEntry } from '@blockstrata/db-p2p/storage';
import { expectSameState } from '../../model/full-state.js';
import { ModelRepo } from '../../model/model-repo.js';
import { applyPlainly, CANNOT, type PlainBlock } from '../../model/plain-block.js';
import { REMOTE_BLOCK, remoteArchive } from '../../model/coordinators.js';
import { Recorder } from '../../history/history.js';
import type { Life } from './medium.js';
import { WORLD_BLOCKS } from './plan.js';
import { wrong } from './world-error.js';

/** What everybody asked for and was answered, and what the store was seen to hold: the past that nothing may change. */
export class Ledger {
  readonly recorder = new Recorder();
  readonly requests = new Map<TrxId, PendRequest>();
  readonly missing: NonNullable<RepoFailure['missing']> = [];
  #log: readonly LogEntry[] = [];
  #settled = 0;

  /** The commit log, as far as it was seen. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  /**
   * Compares all that a store at rest holds with the model, which replays its log: a prefix that holds every
   * acknowledged commit (INV-1, INV-3), with nothing by half (INV-2), and no more than was asked for (INV-8).
   *
   * @returns the model
   */
  async check(life: Life): Promise<ModelRepo> {
    const log: LogEntry[] = [];
    for await (const entry of life.storage.readLog()) log.push(entry);
    this.saw(log);
    this.#log = log;
    const model = this.replay();
    await this.#addPendings(model, life);
    this.#checkAcknowledged(model);
    await expectSameState(model, life, WORLD_BLOCKS);
    return model;
  }

  /** The log, as far as it was seen, is there for good: a process had it when it opened the store, or left nothing in doubt. */
  settle(): void {
    this.#settled = this.#log.length;
  }

  /** What is settled must stay: entries from the beginning of the log. */
  saw(entries: readonly LogEntry[]): void {
    const known = Math.max(this.#settled, entries.length);
    for (let i = 0; i < known; i++) {
      const [before, now] = [this.#log[i], entries[i]];
      if (now === undefined) wrong(`INV-3: the log ends at ${entries.length}, and reached ${known}`);
      if (now.seq !== i + 1) wrong(`INV-3: entry ${i + 1} of the log has the number ${now.seq}`);
      if (before !== undefined && !contentEquals(before, now)) {
        wrong(`INV-4: entry ${i + 1} of the log was ${JSON.stringify(before)}, and is ${JSON.stringify(now)}`);
      }
    }
  }

  /** The model after everything that is in the log. */
  replay(): ModelRepo {
    const model = new ModelRepo();
    for (const { kind, trxId, rev, blockIds } of this.#log) {
      if (kind === 'restore') {
        restoreRemote(model);
        continue;
      }
      const request = this.requests.get(trxId) ?? wrong(`${trxId} was committed, and nobody asked for it`);
      const { transforms } = request;
      const pended = model.pend({ trxId, transforms, policy: 'c' });
      const committed = model.commit({ trxId, rev, blockIds: [...blockIds] });
      if (![pended, committed].every(answer => typeof answer === 'object' && answer.success)) {
        wrong(`INV-3: ${trxId} cannot have been committed at ${rev} after what is before it in the log`);
      }
    }
    return model;
  }

  async #addPendings(model: ModelRepo, { storage }: Life): Promise<void> {
    for (const blockId of WORLD_BLOCKS) {
      for await (const { trxId } of storage.listPendingTransactions(blockId)) {
        if (!this.requests.has(trxId)) wrong(`${trxId} is pending, and nobody asked for it`);
      }
      // In the order in which they came, which only the head tells.
      const { pendings = [] } = (await storage.getMetadata(blockId)) ?? {};
      for (const trxId of pendings) {
        const { transforms, bases } = this.requests.get(trxId) ?? wrong(`the head of ${blockId} names ${trxId}`);
        const block = blockIn(model, blockId);
        const base = bases !== undefined && Object.hasOwn(bases, blockId) ? bases[blockId] : undefined;
        block.pendings.set(trxId, { transform: transformForBlockId(transforms, blockId), base });
      }
    }
  }

  #checkAcknowledged(model: ModelRepo): void {
    const { calls } = this.recorder;
    for (const [trxId, request] of this.requests) {
      const blockIds = blocksOf(request);
      const pendingOn = blockIds.filter(id => model.blocks.get(id)?.pendings.has(trxId)).length;
      const heldOn = blockIds.filter(id => model.blocks.get(id)?.history.some(entry => entry.trxId === trxId)).length;
      const mine = calls.filter(call => trxOf(call) === trxId);
      const done = (kind: string) => mine.some(call => call.kind === kind && 'succeeded' in call && call.succeeded);
      const perhaps = (kind: string) => mine.some(call => call.kind === kind && 'refused' in call && !call.refused);
      const state = `${trxId} is pending on ${pendingOn} and committed on ${heldOn} of ${blockIds.length} blocks`;
      if (![0, blockIds.length].includes(pendingOn) || ![0, blockIds.length].includes(heldOn)) wrong(`INV-2: ${state}`);
      if (pendingOn > 0 && heldOn > 0) wrong(`INV-5: ${state}`);
      if (done('commit') && heldOn === 0) wrong(`INV-1: ${state}, and its commit was acknowledged`);
      if (done('cancel') && pendingOn > 0) wrong(`INV-1: ${state}, and it was cancelled`);
      if (done('pend') && !perhaps('cancel') && pendingOn + heldOn === 0) {
        wrong(`INV-1: ${state}, and its pend was acknowledged`);
      }
      if (!perhaps('pend') && pendingOn + heldOn > 0) wrong(`INV-8: ${state}, and it was refused`);
      if (!perhaps('commit') && heldOn > 0) wrong(`INV-8: ${state}, and its commit was refused`);
    }
  }

  /** What refusals told of must have been committed. */
  checkMissing(model: ModelRepo): void {
    for (const { trxId, rev, transforms } of this.missing) {
      for (const blockId of blocksOf({ transforms })) {
        const entry = model.blocks.get(blockId)?.history.find(one => one.trxId === trxId);
        if (entry?.rev !== rev) wrong(`a refusal told of ${trxId} at ${rev} on ${blockId}, which was not committed`);
      }
    }
  }
}

/** The blocks that a request touches. */
export function blocksOf({ transforms }: Pick<PendRequest, 'transforms'>): BlockId[] {
  const { inserts = {}, updates = {}, deletes = [] } = transforms;
  return [...new Set([...Object.keys(inserts), ...Object.keys(updates), ...deletes])];
}

function trxOf(call: Recorder['calls'][number]): TrxId | undefined {
  if (call.kind === 'pend') return call.trxId;
  return call.kind === 'commit' || call.kind === 'cancel' ? call.request.trxId : undefined;
}

/** What is held elsewhere of the one block that has a history there came here whole. */
function restoreRemote(model: ModelRepo): void {
  const block = blockIn(model, REMOTE_BLOCK);
  if (block.history.length > 0) return;
  let content: PlainBlock | undefined;
  for (const [rev, { trx }] of Object.entries(remoteArchive().revisions)) {
    const next = applyPlainly(content, trx.transform);
    if (next === CANNOT) wrong('what is held elsewhere does not replay');
    content = next;
    block.history.push({ rev: Number(rev), trxId: trx.trxId, transform: trx.transform, block: content });
  }
  const newest = block.history.at(-1);
  if (newest !== undefined) model.log.push({ trxId: newest.trxId, rev: newest.rev, blockIds: [REMOTE_BLOCK] });
}

type ModelBlock = NonNullable<ReturnType<ModelRepo['blocks']['get']>>;

function blockIn(model: ModelRepo, blockId: BlockId): ModelBlock {
  const block: ModelBlock = model.blocks.get(blockId) ?? { history: [], pendings: new Map() };
  model.blocks.set(blockId, block);
  return block;
}
