import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBlockId } from '../../src/replay/file-block.js';
import { withExistingStore } from '../../src/store/open-store.js';
import { sizeOnDisk } from '../../src/store/size-on-disk.js';
import { startCommand } from '../support/command-process.js';
import { git, initRepository, temporaryFolder } from '../support/git-fixture.js';
import { makeHostileRepository } from '../support/hostile-history.js';
import { runCommand } from '../support/run-command.js';
import { SeededRandom } from '../support/seeded-random.js';
import { newestRevision, storeDigest } from '../support/store-digest.js';

const SEED = Number(process.env.BLOCKSTRATA_SEED ?? Date.now() % 1_000_000);
const COMMITS = 150;
const KILLS = 5;
// A store of this history takes up some 26 MiB.
const GROWTH_BYTES_MAX = 3_000_000;
const TIMEOUT_MS = 240_000;

const folder = temporaryFolder('kill');
const repository = join(folder.path, 'repository');

beforeAll(() => makeHostileRepository({ path: repository, seed: 7, commits: COMMITS }), TIMEOUT_MS);
afterAll(() => folder.remove());

describe(`kill -9 in the middle of a replay (BLOCKSTRATA_SEED=${SEED} repeats the moments)`, () => {
  it.each(['leveldb', 'file'])(
    'and a restart end in the store of a replay that was left alone, on %s (INV-1, INV-2)',
    async backend => {
      const undisturbed = join(folder.path, `${backend}-undisturbed`);
      const killed = join(folder.path, `${backend}-killed`);
      const replay = (store: string) => [
        'replay',
        repository,
        '--store',
        store,
        '--backend',
        backend,
        '--verify',
        'none',
      ];
      expect((await runCommand(replay(undisturbed))).exitCode).toBe(0);

      const random = new SeededRandom(SEED);
      const reached: number[] = [];
      for (let attempt = 0; reached.length < KILLS && attempt < 4 * KILLS; attempt++) {
        const { child, ended } = startCommand(replay(killed));
        await Promise.race([grows(killed, 1 + random.below(GROWTH_BYTES_MAX)), ended]);
        child.kill('SIGKILL');
        if ((await ended).signal !== 'SIGKILL') break;
        reached.push(await newestRevision(killed));
      }
      // Each run had got a little further, and no acknowledged revision was lost.
      expect(reached).toEqual([...reached].sort((a, b) => a - b));
      expect(reached.filter(rev => rev > 0 && rev < COMMITS).length).toBeGreaterThan(0);

      const { exitCode, text, stderr } = await runCommand([...replay(killed).slice(0, -1), 'all']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(text).toMatch(/^verified ([1-9]\d*) of \1$/m);
      expect(await storeDigest(killed)).toBe(await storeDigest(undisturbed));
    },
    TIMEOUT_MS,
  );

  it(
    'loses nothing by SIGINT either, says how to go on, and ends with 130',
    async () => {
      const store = join(folder.path, 'interrupted');
      const argv = ['replay', repository, '--store', store, '--verify', 'none'];
      const { child, ended } = startCommand(argv);
      await Promise.race([grows(store, GROWTH_BYTES_MAX), ended]);
      child.kill('SIGINT');
      const { code, stdout, stderr } = await ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      expect(stderr).toMatch(/^blockstrata: stopped at revision \d+ of 150; the same command goes on from there\n$/);
      const { exitCode } = await runCommand(argv);
      expect(exitCode).toBe(0);
      expect(await storeDigest(store)).toBe(await storeDigest(join(folder.path, 'leveldb-undisturbed')));
    },
    TIMEOUT_MS,
  );
});

describe('a replay that goes on', () => {
  it('brings in what was committed since, and only that', async () => {
    const path = initRepository(join(folder.path, 'growing'));
    const store = join(folder.path, 'growing-store');
    const commit = (name: string) => git(path, ['commit', '-q', '--allow-empty', '-m', name]);
    commit('one');
    commit('two');
    expect((await runCommand(['replay', path, '--store', store])).text).toContain('verified 0 of 0');
    git(
      path,
      ['fast-import', '--quiet', '--force'],
      'commit refs/heads/main\ncommitter C <c@x> 0 +0000\ndata 1\nx\nfrom refs/heads/main^0\nM 100644 inline a\ndata 2\nb\n\n',
    );
    const { text } = await runCommand(['replay', path, '--store', store, '--verify', 'all']);
    expect(text).toContain('commits        3 (2 without changes)');
    expect(text).toContain('this run       1 transaction');
    expect(text).toMatch(/verified 1 of 1\n$/);
    const again = await runCommand(['replay', path, '--store', store, '--verify', 'all']);
    expect(again.text).toContain('this run       0 transactions');
  });

  it(
    'takes up what was left pending of the next commit, even by a version that cut lines in another way',
    async () => {
      const store = join(folder.path, 'left-pending');
      expect(
        (await runCommand(['replay', repository, '--store', store, '--limit', '3', '--verify', 'none'])).exitCode,
      ).toBe(0);
      const [changed = ''] = git(repository, ['rev-list', '--first-parent', '--reverse', 'HEAD'])
        .toString()
        .split('\n')
        .slice(3);
      const path =
        git(repository, ['diff-tree', '-r', '--name-only', '--diff-filter=M', `${changed}^`, changed])
          .toString()
          .split('\n')[0] ?? '';
      await withExistingStore(store, async ({ repo }) => {
        const blockId = fileBlockId(Buffer.from(path));
        const updates = { [blockId]: [['content', -1, 0, ['another cut\n']]] as [string, number, number, unknown][] };
        const pended = await repo.pend({ trxId: changed, rev: 4, policy: 'f', transforms: { updates } });
        expect(pended.success).toBe(true);
      });
      const { exitCode, stderr, text } = await runCommand(['replay', repository, '--store', store, '--verify', 'all']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(text).toMatch(/^verified ([1-9]\d*) of \1$/m);
    },
    TIMEOUT_MS,
  );
});

const GROWTH_DEADLINE_MS = 60_000;

/** Resolves when a store, which may not be there yet, has grown by some bytes. */
async function grows(store: string, bytes: number): Promise<void> {
  const deadline = performance.now() + GROWTH_DEADLINE_MS;
  const size = () => sizeOnDisk(store).catch(() => 0);
  for (const start = await size(); (await size()) < start + bytes; await delay(POLL_MS)) {
    if (performance.now() > deadline) throw new TypeError(`${store} did not grow by ${bytes} bytes`);
  }
}

const POLL_MS = 5;
