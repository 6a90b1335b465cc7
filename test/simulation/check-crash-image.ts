import type { BlockId, TrxId } from '@blockstrata/db-core';
import type { LogEntry } from '@blockstrata/db-p2p/storage';
import { readLog, type RecordedCall, type RecordedWorkload } from './crash-workload.js';
import { simulatedStore, type SimulatedStore } from './file-store-on-disk.js';
import type { DiskState } from './simulated-disk/disk-state.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** What a crash image does not hold, or should not. */
export class CrashImageProblem extends Error {
  override readonly name = 'CrashImageProblem';
}

/**
 * Opens a crash image and checks it against what the workload had done when the trace was `position` long: what was
 * acknowledged is there (INV-1), nothing is there by half (INV-2), the log is a prefix (INV-3), and verify() finds
 * nothing.
 *
 * @param promises whether what was acknowledged must be there: not so in a relaxed store after a power cut
 * @returns the disk, with the trace of the recovery
 */
export async function checkCrashImage(
  image: DiskState,
  workload: RecordedWorkload,
  position: number,
  life: number,
  promises = true,
): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(image);
  const store = simulatedStore(disk, life);
  await store.storage.open();
  const log = await readLog(store);
  checkLog(log, workload, position, promises);
  await checkBlocks(store, log, workload, position, promises);
  const { violations } = await store.repo.verify();
  if (violations.length > 0) fail(`verify: ${JSON.stringify(violations[0])} and ${violations.length - 1} more`);
  await store.storage.close();
  return disk;
}

function checkLog(log: readonly LogEntry[], workload: RecordedWorkload, position: number, promises: boolean): void {
  for (const [index, entry] of log.entries()) {
    if (entry.seq !== index + 1) fail(`INV-3: log entry ${entry.seq} comes as number ${index + 1}`);
    if (workload.log === undefined) continue;
    const expected = workload.log[index];
    if (entry.trxId !== expected?.trxId) {
      fail(`INV-3: log entry ${index + 1} is ${entry.trxId} instead of ${expected?.trxId}`);
    }
  }
  const held = new Set(log.map(entry => entry.trxId));
  for (const call of workload.calls) {
    if (call.kind !== 'commit') continue;
    if (promises && isAcknowledged(call, position) && !held.has(call.trxId))
      fail(`INV-1: the commit of ${call.trxId} is lost`);
    if (call.begun > position && held.has(call.trxId)) fail(`the commit of ${call.trxId} comes from the future`);
  }
}

async function checkBlocks(
  { repo }: SimulatedStore,
  log: readonly LogEntry[],
  workload: RecordedWorkload,
  position: number,
  promises: boolean,
): Promise<void> {
  const expected = new Map<BlockId, TrxId[]>();
  for (const { trxId, blockIds } of log) {
    for (const blockId of blockIds) expected.set(blockId, [...(expected.get(blockId) ?? []), trxId]);
  }
  const found = await repo.get({ blockIds: [...workload.blockIds] });
  const pendings = new Map<BlockId, ReadonlySet<TrxId>>();
  for (const blockId of workload.blockIds) {
    const result = found[blockId];
    const trxs = expected.get(blockId) ?? [];
    pendings.set(blockId, new Set(result?.state.pendings));
    if (result?.unavailable !== undefined) fail(`INV-4: ${blockId} cannot be read`);
    if (result?.state.latest?.trxId !== trxs.at(-1))
      fail(`INV-2: ${blockId} is at ${result?.state.latest?.trxId}, not ${trxs.at(-1)}`);
    const content = (result?.block?.['trxs'] ?? []) as TrxId[];
    if (content.join() !== trxs.join()) fail(`INV-2: ${blockId} holds ${content.join()}, not ${trxs.join()}`);
  }
  checkPendings(pendings, new Set(log.map(entry => entry.trxId)), workload, position, promises);
}

function checkPendings(
  pendings: ReadonlyMap<BlockId, ReadonlySet<TrxId>>,
  committed: ReadonlySet<TrxId>,
  { calls }: RecordedWorkload,
  position: number,
  promises: boolean,
): void {
  for (const pend of calls) {
    if (pend.kind !== 'pend') continue;
    const { trxId, blockIds } = pend;
    const cancel = calls.find(call => call.kind === 'cancel' && call.trxId === trxId && call.begun <= position);
    const held = blockIds.filter(blockId => pendings.get(blockId)?.has(trxId)).length;
    const mustHold = promises && isAcknowledged(pend, position) && cancel === undefined && !committed.has(trxId);
    const mustNot =
      pend.begun > position ||
      committed.has(trxId) ||
      (promises && cancel !== undefined && isAcknowledged(cancel, position));
    if (held !== 0 && held !== blockIds.length)
      fail(`INV-2: ${trxId} is pending on ${held} of ${blockIds.length} blocks`);
    if (mustHold && held === 0) fail(`INV-1: the pend of ${trxId} is lost`);
    if (mustNot && held > 0) fail(`INV-5: ${trxId} is pending, and should not be`);
  }
}

function isAcknowledged(call: RecordedCall, position: number): boolean {
  return call.acknowledged !== undefined && call.acknowledged <= position;
}

function fail(problem: string): never {
  throw new CrashImageProblem(problem);
}
