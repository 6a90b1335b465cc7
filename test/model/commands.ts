import fc from 'fast-check';
import { expect } from 'vitest';
import {
  contentEquals,
  type CommitResult,
  type PendRequest,
  type PendResult,
  type RepoFailure,
} from '@blockstrata/db-core';
import type { IRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { expectSameState } from './full-state.js';
import type { ModelAnswer, ModelRepo, ModelResult } from './model-repo.js';
import { cancels, commits, gets, pends, transformsOf, type Seen } from './requests.js';

/** A real repository on a backend, which can be closed and opened again. */
export type RealRepo = { repo: StorageRepo; storage: IRawStorage; reopen(): Promise<void> };

type RepoCommand = fc.AsyncCommand<ModelRepo, RealRepo>;
type Given<A> = A extends fc.Arbitrary<infer T> ? T : never;

function command(name: string, given: unknown, run: (model: ModelRepo, real: RealRepo) => Promise<void>): RepoCommand {
  return { check: () => true, run, toString: () => `${name}(${fc.stringify(given)})` };
}

/** Compares an answer with the model's; what was missed must be what was committed. */
function expectAnswer(model: ModelRepo, result: PendResult | CommitResult, answer: ModelAnswer): void {
  if (typeof answer === 'string') throw new TypeError(`the model has no answer but ${answer}`);
  if (result.success !== answer.success) expect(result).toEqual(answer);
  if (result.success) {
    if ('pending' in result && answer.success) expect(result.pending).toEqual(answer.pending);
    return;
  }
  if (answer.success) return;
  expect(result.code).toBe(answer.code);
  expect(result.staleAt).toEqual(answer.staleAt);
  expect(contentEquals(result.pending ?? [], answer.pending ?? [])).toBe(true);
  expectSoundMissing(model, result);
}

function expectSoundMissing(model: ModelRepo, { code, missing = [], staleAt }: RepoFailure): void {
  if (code !== 'stale') return expect(missing).toEqual([]);
  const revs = missing.map(({ rev }) => rev ?? 0);
  expect(revs).toEqual([...revs].sort((a, b) => a - b));
  if (staleAt !== undefined) expect(missing.map(({ trxId }) => trxId)).toContain(model.tip(staleAt.blockId)?.trxId);
  for (const { trxId, rev, transforms } of missing) {
    const blockIds = new Set([
      ...Object.keys(transforms.inserts ?? {}),
      ...Object.keys(transforms.updates ?? {}),
      ...(transforms.deletes ?? []),
    ]);
    for (const blockId of blockIds) {
      expect(model.blocks.get(blockId)?.history.some(entry => entry.trxId === trxId && entry.rev === rev)).toBe(true);
    }
  }
}

function pendCommand(given: Given<typeof pends>): RepoCommand {
  return command('pend', given, async (model, { repo }) => {
    const { trxId, intent, policy } = given;
    const transforms = transformsOf(intent, blockId => model.tip(blockId)?.block !== undefined);
    const ids = intent.changes.map(([blockId]) => blockId);
    const tips = ids.map(blockId => model.tip(blockId)?.rev ?? 0);
    const request: PendRequest = { trxId, policy, transforms };
    if (given.rev !== undefined) request.rev = Math.max(1, Math.max(0, ...tips) + (given.rev === 'tip' ? 1 : 0));
    if (request.rev !== undefined && request.rev > Number.MAX_SAFE_INTEGER) delete request.rev;
    if (given.bases !== undefined) {
      const bases = Object.create(null) as Record<string, number>;
      ids.forEach((blockId, i) => (bases[blockId] = baseOf(given.bases ?? 'tip', tips[i] ?? 0)));
      request.bases = bases;
    }
    await pendBoth(model, repo, request);
    if (given.repeat) await pendBoth(model, repo, request);
  });
}

function baseOf(seen: Seen, tip: number): number {
  if (seen === 'older') return Math.max(0, tip - 1);
  return seen === 'newer' ? Math.min(Number.MAX_SAFE_INTEGER, tip + 5) : tip;
}

async function pendBoth(model: ModelRepo, repo: StorageRepo, request: PendRequest): Promise<void> {
  const answer = model.pend(request);
  if (answer === 'invalid')
    return void (await expect(repo.pend(request)).rejects.toMatchObject({ code: 'invalid-request' }));
  if (answer !== 'waits') return expectAnswer(model, await repo.pend(request), answer);
  const aborter = new AbortController();
  const reason = { why: 'it waits' };
  const outcome = Promise.allSettled([repo.pend(request, { signal: aborter.signal })]);
  const first = await Promise.race([outcome.then(() => 'settled'), turn().then(() => 'waits')]);
  expect(first).toBe('waits');
  aborter.abort(reason);
  expect(await outcome).toEqual([{ status: 'rejected', reason }]);
}

function turn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 2));
}

function commitCommand(given: Given<typeof commits>): RepoCommand {
  return command('commit', given, async (model, { repo }) => {
    const { trxId, all, step } = given;
    const holders = [...model.blocks].filter(([, { pendings }]) => pendings.has(trxId)).map(([blockId]) => blockId);
    const blockIds = all ? [...holders, ...holders.slice(0, 1)] : given.blockIds;
    const tip = Math.max(0, ...blockIds.map(blockId => model.tip(blockId)?.rev ?? 0));
    const rev = Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, tip + step));
    const request = { trxId, blockIds, rev };
    expectAnswer(model, await repo.commit(request), model.commit(request));
  });
}

function cancelCommand(given: Given<typeof cancels>): RepoCommand {
  return command('cancel', given, async (model, { repo }) => {
    model.cancel(given);
    await repo.cancel(given);
  });
}

function getCommand(given: Given<typeof gets>): RepoCommand {
  return command('get', given, async (model, { repo }) => {
    const results = await repo.get(given);
    const expected = model.get(given);
    expect(Object.keys(results).sort()).toEqual([...expected.keys()].sort());
    for (const [blockId, result] of expected) expectResult(results[blockId], result);
  });
}

function expectResult(actual: unknown, expected: ModelResult): void {
  if (!contentEquals(actual, expected)) expect(actual).toEqual(expected);
}

const checkCommand: RepoCommand = command('check', undefined, (model, real) => expectSameState(model, real));

const reopenCommand: RepoCommand = command('reopen', undefined, (_, real) => real.reopen());

/** Sequences of calls, now and then with a look at the whole state, or a reopening. */
export function repoCommands(): fc.Arbitrary<Iterable<RepoCommand>> {
  const weighted = [
    ...Array.from({ length: 4 }, () => pends.map(pendCommand)),
    ...Array.from({ length: 4 }, () => commits.map(commitCommand)),
    cancels.map(cancelCommand),
    gets.map(getCommand),
    gets.map(getCommand),
    fc.constant(checkCommand),
    fc.constant(reopenCommand),
  ];
  return fc.commands(weighted, { maxCommands: 50, size: 'max' });
}
