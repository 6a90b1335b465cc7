import { BlockStorage, StorageRepo, type RawStorage } from '@blockstrata/db-p2p/storage';
import type { History, Standing, Trx } from './history.js';

/** What a store holds against what its killed owners had acknowledged; each finding is a sentence. */
export type StoreCheck = { readonly findings: string[]; readonly lost: number; readonly torn: number };

/** How to check. */
export type CheckOptions = {
  /** Whether what was acknowledged must be there: not so after a power cut where nothing was synced. Default true. */
  readonly promises?: boolean;
  /** The ids of all commits of a whole run, in order: what is there must be the first of them. */
  readonly order?: readonly string[];
};

/**
 * Checks a store before anything is repeated: every acknowledged call is there (INV-1), every other is there on all of
 * its blocks or on none (INV-2), commits stand in their order without a hole (INV-3), and `verify()` finds nothing. What
 * was uncertain is settled as it was found.
 */
export async function checkStore(
  storage: RawStorage,
  history: History,
  { promises = true, order }: CheckOptions = {},
): Promise<StoreCheck> {
  const findings: string[] = [];
  let lost = 0;
  let torn = 0;
  for (const trx of history.trxs.values()) {
    const standings = new Set<Standing>();
    for (const blockId of trx.blockIds) standings.add(await standingOf(storage, trx, blockId));
    const [standing] = standings;
    if (standings.size > 1 || standing === undefined) {
      torn++;
      findings.push(`${trx.trxId} is ${[...standings].join(' and ')} (INV-2)`);
    } else if (promises && !trx.possible.includes(standing)) {
      lost++;
      findings.push(`${trx.trxId} is ${standing} but was acknowledged as ${trx.possible.join(' or ')} (INV-1)`);
    } else {
      history.settle(trx, standing);
    }
  }
  findings.push(...(await checkLog(storage, history, order)));
  if (findings.length === 0) findings.push(...(await checkContents(storage, history)));
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const { violations } = await repo.verify();
  for (const { problem, record, blockId } of violations)
    findings.push(`verify: ${problem} (${record ?? blockId ?? ''})`);
  return { findings, lost, torn };
}

async function standingOf(storage: RawStorage, { trxId, rev }: Trx, blockId: string): Promise<Standing> {
  if (rev !== undefined && (await storage.getRevision(blockId, rev))?.trxId === trxId) return 'committed';
  return (await storage.getMetadata(blockId))?.pendings?.includes(trxId) ? 'pending' : 'absent';
}

/** The log has every commit, once; what was acknowledged before another was asked for stands before it. */
async function checkLog(storage: RawStorage, history: History, order?: readonly string[]): Promise<string[]> {
  const findings: string[] = [];
  const logged = new Set<string>();
  let seq = 0;
  let lastAskedAt = 0;
  for await (const entry of storage.readLog()) {
    if (entry.seq !== ++seq) findings.push(`the log goes from ${seq - 1} to ${entry.seq} (INV-3)`);
    seq = entry.seq;
    if (order !== undefined && order[seq - 1] !== entry.trxId)
      findings.push(`log entry ${seq} is not that of the run (INV-3)`);
    const trx = history.trxs.get(entry.trxId);
    if (trx === undefined || logged.has(entry.trxId)) {
      findings.push(`the log tells of ${entry.trxId}, which nobody asked for, or twice`);
      continue;
    }
    logged.add(entry.trxId);
    if (trx.commitAckedAt < lastAskedAt) findings.push(`${entry.trxId} stands behind a later commit (INV-3)`);
    lastAskedAt = Math.max(lastAskedAt, trx.commitAskedAt);
  }
  for (const { trxId, possible } of history.trxs.values()) {
    if (possible.length === 1 && possible[0] === 'committed' && !logged.has(trxId)) {
      findings.push(`${trxId} is committed, and the log does not tell (INV-3)`);
    }
  }
  return findings;
}

/** Every block is what the transactions that were committed on it make of it, the newest first. */
async function checkContents(storage: RawStorage, history: History): Promise<string[]> {
  const expected = new Map<string, string[]>();
  const committed = [...history.trxs.values()].filter(({ possible }) => possible[0] === 'committed');
  committed.sort((a, b) => (b.rev ?? 0) - (a.rev ?? 0));
  for (const { trxId, blockIds } of committed) {
    for (const blockId of blockIds) expected.set(blockId, [...(expected.get(blockId) ?? []), trxId]);
  }
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const held = await repo.get({ blockIds: [...expected.keys()] });
  return [...expected]
    .filter(([blockId, trxs]) => JSON.stringify(held[blockId]?.block?.['trxs']) !== JSON.stringify(trxs))
    .map(([blockId]) => `${blockId} is not what its transactions made of it (INV-4)`);
}
