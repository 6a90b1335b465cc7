import { join } from 'node:path';
import type { IBlock } from '@blockstrata/db-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readHistory, type Commit } from '../../src/git/history.js';
import { openRepository, type GitRepository } from '../../src/git/repository.js';
import { fileBlockId } from '../../src/replay/file-block.js';
import { replayHistory } from '../../src/replay/replay-history.js';
import { findResumePoint } from '../../src/replay/resume-point.js';
import { verifyReplay, type ReplayVerification } from '../../src/replay/verify-replay.js';
import { makeStore, type Store } from '../../src/store/open-store.js';
import { FastImport, type FileChange } from '../support/fast-import.js';
import { initRepository, temporaryFolder } from '../support/git-fixture.js';

const folder = temporaryFolder('verify');
afterAll(() => folder.remove());

const path = initRepository(join(folder.path, 'repository'));
const text = (content: string) => ({ mode: '100644' as const, content: Buffer.from(content) });
const history = new FastImport();
let tip = history.commit({
  branch: 'main',
  merges: [],
  files: new Map<string, FileChange>([
    ['a', text('1\n2\n')],
    ['b', text('b')],
    ['sub', { mode: '160000' as const, content: Buffer.from('1'.repeat(40)) }],
  ]),
});
for (let i = 0; i < 10; i++)
  tip = history.commit({ branch: 'main', from: tip, merges: [], files: new Map([['a', text(`1\n2\n${i}\n`)]]) });
history.commit({ branch: 'main', from: tip, merges: [], files: new Map([['b', undefined]]) });
history.write(path);

// a: 12 commits; sub: 12; b: 11, and the one that deletes it.
const PAIRS = 36;
const A = fileBlockId(Buffer.from('a'));
const B = fileBlockId(Buffer.from('b'));

describe('reading a replayed history back', () => {
  let repository: GitRepository;
  let commits: readonly Commit[];
  let store: Store;

  beforeEach(async () => {
    repository = await openRepository(path);
    commits = await readHistory(repository);
    store = makeStore('memory', '', true);
    const from = await findResumePoint(store.storage, commits, { repository: path, shallow: false });
    await replayHistory({ repository, commits, store, from });
  });

  const verify = (pairsReadMax = PAIRS): Promise<ReplayVerification> =>
    verifyReplay({ repository, commits, store, depth: 'all', pairsReadMax });

  const tamper = async (change: (block: IBlock) => IBlock) => {
    const trxId = (await store.storage.getMetadata(A))?.latest?.trxId ?? '';
    const block = await store.storage.getMaterializedBlock(A, trxId);
    await store.storage.saveMaterializedBlock(A, trxId, change(block as IBlock));
  };

  it('finds all of it as git has it, read pair by pair or at the ends of spans', async () => {
    expect(await verify()).toMatchObject({
      pairs: PAIRS,
      verified: PAIRS,
      reads: PAIRS,
      mismatches: [],
      logProblems: [],
    });
    const ends = await verify(PAIRS - 1);
    expect(ends).toMatchObject({ pairs: PAIRS, verified: PAIRS, mismatches: [], logProblems: [] });
    expect(ends.reads).toBeLessThan(PAIRS);
  });

  it.each([
    ['content', (block: IBlock) => ({ ...block, content: ['1\n', '2\n', 'other\n'] }), 'has other content'],
    ['a mode', (block: IBlock) => ({ ...block, mode: '100755' }), 'has mode 100755 instead of 100644'],
    ['a path', (block: IBlock) => ({ ...block, path: 'z' }), 'has another path'],
    ['a type', (block: IBlock) => ({ ...block, content: 7 }), 'is no file'],
  ])('notices %s that is not git’s, at each commit it shows at', async (_, change, problem) => {
    await tamper(change);
    const found = await verify();
    expect(found.verified).toBe(PAIRS - 2);
    expect(found.mismatches.map(({ path: at, rev, problem: what }) => [at, rev, what])).toEqual([
      ['a', 11, problem],
      ['a', 12, problem],
    ]);
    expect((await verify(1)).verified).toBe(PAIRS - 2);
  });

  it('notices a revision too many, in the blocks and in the log', async () => {
    // Beyond what the tip of b forbids, a stranger writes at its last revision.
    await store.repo.pend({
      trxId: 'stranger',
      rev: 13,
      policy: 'f',
      transforms: { updates: { [A]: [['mode', -1, 0, '1']] } },
    });
    await store.repo.commit({ trxId: 'stranger', rev: 13, blockIds: [A] });
    expect((await verify()).logProblems).toEqual([{ seq: 13, rev: 0, problem: 'the log has 1 entries too many' }]);
    await store.storage.saveRevision(B, 5, { trxId: commits[0]?.id ?? '', base: 1 });
    for (const found of [await verify(), await verify(1)]) {
      expect(found.verified).toBeLessThan(PAIRS);
      expect(found.mismatches[0]).toMatchObject({ path: 'b' });
    }
  });

  it('notices a block that cannot be read', async () => {
    await store.storage.deleteMaterializedBlock(A, commits[10]?.id ?? '');
    expect((await verify()).mismatches[0]).toMatchObject({ path: 'a', rev: 11, problem: 'cannot be read' });
  });

  it('samples with a seed that repeats it', async () => {
    const sample = await verifyReplay({ repository, commits, store, depth: 'sample', seed: 4 });
    expect(sample).toMatchObject({ seed: 4, pairs: PAIRS, verified: PAIRS, pairsTotal: PAIRS });
  });
});

describe('a commit beyond the default limits of a store', () => {
  it('is one transaction all the same', async () => {
    const large = initRepository(join(folder.path, 'large'));
    const files = new Map<string, FileChange>(
      Array.from({ length: 12_000 }, (_, i) => [`${i % 100}/${i}`, text(`${i}`)] as const),
    );
    for (let i = 0; i < 5; i++)
      files.set(`large-${i}`, { mode: '100644', content: Buffer.alloc(14 * 1024 * 1024, 0xff - i) });
    const one = new FastImport();
    one.commit({ branch: 'main', merges: [], files });
    one.write(large);
    const repository = await openRepository(large);
    const commits = await readHistory(repository);
    const store = makeStore('memory', '', true);
    const outcome = await replayHistory({ repository, commits, store, from: { rev: 0, collectionId: undefined } });
    expect(outcome).toMatchObject({ rev: 1, transactions: 1, interrupted: false });
    expect(await verifyReplay({ repository, commits, store, depth: 'all' })).toMatchObject({
      verified: 12_005,
      pairs: 12_005,
    });
  }, 120_000);
});
