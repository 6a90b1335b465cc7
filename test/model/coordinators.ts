import type { BlockId, BlockOperation, GetBlockResult, IBlock, IRepo, PendPolicy, TrxId } from '@blockstrata/db-core';
import type { BlockArchive, StorageRepo } from '@blockstrata/db-p2p/storage';
import type { Call, Recorder, Seen } from '../history/history.js';

/** What one coordinator is to do, one after the other. */
export type Errand =
  | {
      readonly kind: 'transact';
      readonly blockIds: readonly BlockId[];
      readonly policy: PendPolicy;
      readonly withBases: boolean;
      readonly ending: 'commit' | 'cancel' | 'abort';
    }
  | { readonly kind: 'read'; readonly blockIds: readonly BlockId[]; readonly pin: number | undefined }
  | { readonly kind: 'refresh' };

/** The block whose beginnings lie elsewhere. */
export const REMOTE_BLOCK: BlockId = 'r';
const REMOTE_TRX_IDS = ['r2', 'r4'];

/** What is held elsewhere of {@link REMOTE_BLOCK}. */
export function remoteArchive(): BlockArchive {
  return {
    blockId: REMOTE_BLOCK,
    range: [2],
    revisions: {
      2: { trx: { trxId: 'r2', rev: 2, transform: { insert: blockWith(REMOTE_BLOCK, ['r2']) } }, base: 0 },
      4: { trx: { trxId: 'r4', rev: 4, transform: { updates: [prepend('r4')] } }, base: 2 },
    },
  };
}

function blockWith(blockId: BlockId, list: string[]): IBlock {
  return { header: { id: blockId, type: 't', collectionId: 'a' }, list };
}

function prepend(trxId: TrxId): BlockOperation {
  return ['list', 0, 0, [trxId]];
}

/** A coordinator: reads, pends, commits or cancels, and has all of it recorded. */
export class Coordinator {
  readonly #repo: StorageRepo;
  readonly #recorder: Recorder;
  readonly #name: string;
  #transactions = 0;

  constructor(repo: StorageRepo, recorder: Recorder, name: string) {
    this.#repo = repo;
    this.#recorder = recorder;
    this.#name = name;
  }

  async run(errands: readonly Errand[]): Promise<void> {
    for (const errand of errands) {
      if (errand.kind === 'transact') await this.#transact(errand);
      else if (errand.kind === 'read') await this.#read(errand.blockIds, errand.pin, undefined);
      else await this.#refresh();
    }
  }

  async #transact({ blockIds, policy, withBases, ending }: Extract<Errand, { kind: 'transact' }>): Promise<void> {
    const trxId = `${this.#name}${++this.#transactions}`;
    const found = await this.#read(blockIds, undefined, undefined);
    const tips = blockIds.map(blockId => found[blockId]?.state.latest?.rev ?? 0);
    const transforms = {
      inserts: Object.fromEntries(
        blockIds.filter(id => found[id]?.block === undefined).map(id => [id, blockWith(id, [trxId])]),
      ),
      updates: Object.fromEntries(
        blockIds.filter(id => found[id]?.block !== undefined).map(id => [id, [prepend(trxId)]]),
      ),
    };
    const bases = Object.fromEntries(blockIds.map((id, i) => [id, tips[i] ?? 0]));
    const pended = await this.#call({ kind: 'pend', trxId, blockIds, policy }, () =>
      this.#repo.pend({ trxId, policy, transforms, ...(withBases ? { bases } : {}) }),
    );
    if (!pended) return;
    const rev = Math.max(0, ...tips) + 1;
    await this.#read(blockIds, undefined, trxId);
    const aborter = new AbortController();
    const request = { trxId, blockIds: [...blockIds], rev };
    if (ending !== 'cancel') {
      const committing = this.#call({ kind: 'commit', request }, () =>
        this.#repo.commit(request, { signal: aborter.signal }),
      );
      if (ending === 'abort') {
        await this.#repo.get({ blockIds: ['elsewhere'] });
        aborter.abort();
      }
      if (await committing) return;
    }
    await this.#call({ kind: 'cancel', request: { trxId, blockIds: [...blockIds] } }, () =>
      this.#repo.cancel({ trxId, blockIds: [...blockIds] }),
    );
  }

  async #call(
    asked: Parameters<Recorder['begin']>[0],
    run: () => ReturnType<IRepo['pend'] | IRepo['commit'] | IRepo['cancel']>,
  ): Promise<boolean> {
    const call = this.#recorder.begin(asked);
    try {
      const result = await run();
      call.succeeded = result === undefined || result.success;
      call.refused = !call.succeeded;
    } catch (error) {
      // Bad input changes nothing; an abort leaves the outcome unknown.
      call.refused = (error as { code?: unknown }).code === 'invalid-request';
      if (!call.refused && (error as { name?: unknown }).name !== 'AbortError') throw error;
    }
    this.#recorder.end(call);
    return call.succeeded;
  }

  async #read(
    blockIds: readonly BlockId[],
    rev: number | undefined,
    trxId: TrxId | undefined,
  ): Promise<Record<BlockId, GetBlockResult>> {
    const call = this.#recorder.beginGet({ kind: 'get', pin: rev ?? Infinity, overlay: trxId });
    const context = { ...(rev === undefined ? {} : { rev }), ...(trxId === undefined ? {} : { trxId }) };
    const results = await this.#repo.get({ blockIds: [...blockIds], context });
    call.seen = Object.entries(results).map(([blockId, result]) => seen(blockId, result, trxId !== undefined));
    this.#recorder.end(call);
    return results;
  }

  async #refresh(): Promise<void> {
    const call: Call = this.#recorder.begin({ kind: 'restore', blockId: REMOTE_BLOCK, trxIds: REMOTE_TRX_IDS });
    try {
      await this.#repo.refresh([REMOTE_BLOCK]);
    } catch (error) {
      // What was committed here first does not agree with what is held elsewhere.
      if ((error as { code?: unknown }).code !== 'restore-failed') throw error;
    }
    this.#recorder.end(call);
  }
}

function seen(blockId: BlockId, { block, rev, state, unavailable }: GetBlockResult, isOverlaid: boolean): Seen {
  if (unavailable !== undefined && !isOverlaid) throw new TypeError(`${blockId} is ${unavailable}`);
  const content = unavailable === undefined ? ((block?.['list'] ?? []) as string[]) : undefined;
  return { blockId, tip: state.latest?.rev ?? 0, rev: rev ?? 0, content, pendings: state.pendings ?? [] };
}
