import { applyTransform, TransformError, type BlockId, type IBlock, type TrxId } from '@blockstrata/db-core';
import type { RecordKey, RecordKind } from '../driver/record-key.js';
import type { IRawStorage } from '../raw-storage.js';
import type { NumberedRevision, PendingRecord, RevisionRecord, TrxRecord } from '../records.js';

/** A record that is there but cannot be read. */
export type DamagedRecord = { readonly key: RecordKey; readonly problem: string };

/** All records of one block but its head; what is damaged lies apart. */
export type BlockRecords = {
  /** Ascending. */
  readonly revisions: readonly NumberedRevision[];
  readonly trxs: ReadonlyMap<TrxId, TrxRecord>;
  readonly copies: ReadonlyMap<TrxId, IBlock>;
  readonly pendings: ReadonlyMap<TrxId, PendingRecord>;
  readonly damaged: readonly DamagedRecord[];
  readonly count: number;
};

/** Reads all records of a block but its head. */
export async function readBlockRecords(storage: IRawStorage, blockId: BlockId): Promise<BlockRecords> {
  const damaged: DamagedRecord[] = [];
  let count = 0;
  const collect = async (kind: RecordKind, take: (key: RecordKey, record: unknown) => void) => {
    for await (const { key, record, damage } of storage.scanRecords(kind, blockId)) {
      count++;
      if (damage === undefined) take(key, record);
      else damaged.push({ key, problem: damage.message });
    }
  };
  const revisions: NumberedRevision[] = [];
  const trxs = new Map<TrxId, TrxRecord>();
  const copies = new Map<TrxId, IBlock>();
  const pendings = new Map<TrxId, PendingRecord>();
  await collect('rev', (key, record) => {
    if (key.kind === 'rev') revisions.push({ rev: key.rev, ...(record as RevisionRecord) });
  });
  await collect('trx', (key, record) => keyed(trxs, key, record as TrxRecord));
  await collect('block', (key, record) => keyed(copies, key, record as IBlock));
  await collect('pend', (key, record) => keyed(pendings, key, record as PendingRecord));
  return { revisions, trxs, copies, pendings, damaged, count };
}

/** A revision with what its history, or a copy, says the block is there. */
export type Replayed = {
  readonly revision: NumberedRevision;
  /** The content can be told; `block` is then it, or absent. */
  readonly known: boolean;
  readonly block: IBlock | undefined;
  /** The transform is there, and applies to the content below. */
  readonly replays: boolean;
  /** The revision below is its base. */
  readonly linked: boolean;
};

/** Walks a history upwards, replaying each transform on the content below, or starting anew from a copy. */
export function* replayHistory(records: BlockRecords, tipTrxId: TrxId | undefined): Iterable<Replayed> {
  let below: Replayed | undefined;
  for (const revision of records.revisions) {
    const linked = revision.base === 0 ? below === undefined : below?.revision.rev === revision.base;
    const trx = records.trxs.get(revision.trxId);
    const start = revision.base === 0 || (linked && below?.known === true);
    const replayed =
      start && trx !== undefined && trx.rev === revision.rev
        ? replay(linked ? below?.block : undefined, trx)
        : undefined;
    const copy =
      revision.checkpoint === true || revision.trxId === tipTrxId ? records.copies.get(revision.trxId) : undefined;
    const known = replayed !== undefined || copy !== undefined || revision.deleted === true;
    below = {
      revision,
      known,
      block: replayed === undefined ? copy : replayed.block,
      replays: replayed !== undefined,
      linked,
    };
    yield below;
  }
}

function replay(block: IBlock | undefined, trx: TrxRecord): { block: IBlock | undefined } | undefined {
  try {
    return { block: applyTransform(block, trx.transform) };
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    return undefined;
  }
}

function keyed<T>(map: Map<TrxId, T>, key: RecordKey, record: T): void {
  if (key.kind === 'trx' || key.kind === 'block' || key.kind === 'pend') map.set(key.trxId, record);
}
