import { AssertionError } from 'node:assert';
import { BlockstrataError, contentEquals, type BlockId, type GetBlockResult } from '@blockstrata/db-core';
import type { IRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { BLOCK_IDS, type Known } from './known-store.js';

/** How the answers of a damaged store were. */
export type Verdict = { exact: number; refused: number };

/**
 * Reads everything of a store that may be damaged. Each answer must be exact, or a typed error (INV-6). The state may be
 * that after an earlier commit where `prefixAllowed`, but then all answers must agree on which (INV-3).
 */
export async function checkAnswers(
  repo: StorageRepo,
  storage: IRawStorage,
  known: Known,
  prefixAllowed: boolean,
): Promise<Verdict> {
  const verdict: Verdict = { exact: 0, refused: 0 };
  const tip = storage.logSeq;
  const total = known.revisions.length - 1;
  if (tip > total || (tip < total && !prefixAllowed)) wrong(`the log ends at ${tip} instead of ${total}`);
  await attempt(verdict, () => checkLists(storage, known, tip));
  for (let rev = tip; rev >= 0; rev--) {
    const results = await attempt(verdict, () => repo.get({ blockIds: [...BLOCK_IDS], context: { rev } }));
    if (results !== undefined)
      for (const blockId of BLOCK_IDS) checkResult(verdict, known, blockId, rev, results[blockId]);
  }
  const tips = await attempt(verdict, () => repo.get({ blockIds: [...BLOCK_IDS] }));
  for (const blockId of BLOCK_IDS) {
    const result = tips?.[blockId];
    if (result === undefined) continue;
    checkTip(verdict, known, blockId, tip, result, prefixAllowed);
    if (result.unavailable !== undefined) await checkNoUsurper(repo, blockId);
  }
  return verdict;
}

function checkResult(
  verdict: Verdict,
  known: Known,
  blockId: BlockId,
  rev: number,
  result: GetBlockResult | undefined,
): void {
  if (result?.unavailable !== undefined) {
    verdict.refused++;
    return;
  }
  const expected = known.revisions[rev]?.get(blockId);
  if (!contentEquals(result?.block, expected)) {
    wrong(`${blockId} at ${rev} reads as ${JSON.stringify(result)} instead of ${JSON.stringify(expected)}`);
  }
  verdict.exact++;
}

function checkTip(
  verdict: Verdict,
  known: Known,
  blockId: BlockId,
  tip: number,
  result: GetBlockResult,
  prefixAllowed: boolean,
): void {
  checkResult(verdict, known, blockId, tip, result);
  if (result.unavailable !== undefined) return;
  const pending = known.pendings.get(blockId);
  const seen = result.state.pendings ?? [];
  if (!prefixAllowed && seen.join() !== (pending ?? '')) wrong(`${blockId} has the pendings [${seen.join()}]`);
}

/** What exists and cannot be read is not replaced. */
async function checkNoUsurper(repo: StorageRepo, blockId: BlockId): Promise<void> {
  const usurper = { header: { id: blockId, type: 'usurper', collectionId: 'a' } };
  const result = await attempt({ exact: 0, refused: 0 }, () =>
    repo.pend({ trxId: 'usurper', transforms: { inserts: { [blockId]: usurper } }, policy: 'c' }),
  );
  if (result?.success === true) wrong(`${blockId}, which exists, was replaced`);
}

async function checkLists(storage: IRawStorage, known: Known, tip: number): Promise<void> {
  const expected = BLOCK_IDS.filter(id =>
    known.revisions.slice(0, tip + 1).some(blocks => blocks.get(id) !== undefined),
  );
  const ids: string[] = [];
  for await (const id of storage.listBlockIds()) ids.push(id);
  for (const id of expected) if (!ids.includes(id)) wrong(`${id} is not listed`);
  for (const id of ids) if (!BLOCK_IDS.includes(id)) wrong(`${id} is listed`);
  let seq = 0;
  for await (const entry of storage.readLog()) {
    if (entry.seq !== ++seq || entry.trxId !== `trx ${seq}` || entry.rev !== seq)
      wrong(`entry ${seq} of the log is ${JSON.stringify(entry)}`);
  }
  if (seq !== tip) wrong(`the log ends at ${seq} instead of ${tip}`);
}

/** What a call gives, or `undefined` where it fails as it may. */
export async function attempt<T>(verdict: Verdict, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BlockstrataError)) throw error;
    verdict.refused++;
    return undefined;
  }
}

function wrong(message: string): never {
  throw new AssertionError({ message: `a wrong answer: ${message}` });
}
