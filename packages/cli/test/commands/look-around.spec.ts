import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBlockId } from '../../src/replay/file-block.js';
import { makeStore, withExistingStore } from '../../src/store/open-store.js';
import { readStoreFacts } from '../../src/store/store-header.js';
import { FastImport } from '../support/fast-import.js';
import { git, initRepository, temporaryFolder } from '../support/git-fixture.js';
import { runCommand, runJson } from '../support/run-command.js';

const folder = temporaryFolder('commands');
const repository = join(folder.path, 'repository');

const file = (text: string) => ({ mode: '100644' as const, content: Buffer.from(text, 'latin1') });

function makeRepository(): void {
  initRepository(repository);
  const history = new FastImport();
  const first = history.commit({
    branch: 'main',
    merges: [],
    files: new Map([
      ['a.txt', file('1\n2\n3\n')],
      ['caf\xe9', file('\xff\0')],
    ]),
  });
  const second = history.commit({
    branch: 'main',
    from: first,
    merges: [],
    files: new Map([
      ['a.txt', file('1\nzwei\n3\n')],
      ['b.txt', file('b')],
    ]),
  });
  const third = history.commit({ branch: 'main', from: second, merges: [], files: new Map() });
  history.commit({ branch: 'main', from: third, merges: [], files: new Map([['b.txt', undefined]]) });
  history.write(repository);
}

describe.each(['leveldb', 'file'] as const)('looking around in a store on %s', backend => {
  const store = join(folder.path, backend);
  const at = ['--store', store];
  let ids: string[];

  beforeAll(async () => {
    if (!existsSync(repository)) makeRepository();
    ids = git(repository, ['rev-list', '--reverse', 'HEAD']).toString().trim().split('\n');
    const { exitCode } = await runCommand(['replay', repository, ...at, '--backend', backend, '--verify', 'all']);
    expect(exitCode).toBe(0);
  });

  it('log lists revisions with transaction, base and size of the change, newest first', async () => {
    const blockId = fileBlockId(Buffer.from('a.txt'));
    expect(await runJson('log', 'a.txt', ...at)).toEqual({
      blockId,
      revisions: [
        { rev: 2, trxId: ids[1], base: 1, kind: 'update', operations: 1, deleted: 1, inserted: 1 },
        { rev: 1, trxId: ids[0], base: 0, kind: 'insert', operations: 0, deleted: 0, inserted: 3 },
      ],
    });
    const { text } = await runCommand(['log', blockId, '-n', '1', ...at]);
    expect(text).toBe(
      `REV  TRANSACTION                               BASE  CHANGE\n  2  ${ids[1]}     1  1 operation +1 -1\n`,
    );
    expect((await runCommand(['log', 'b.txt', ...at])).text).toContain('delete');
  });

  it('show prints a file byte for byte at any revision, and its block as JSON', async () => {
    expect((await runCommand(['show', 'a.txt', ...at])).stdout).toEqual(Buffer.from('1\nzwei\n3\n'));
    expect((await runCommand(['show', './a.txt', '--rev', '1', ...at])).stdout).toEqual(Buffer.from('1\n2\n3\n'));
    expect((await runCommand(['show', 'a.txt', '--rev', '999', ...at])).stdout).toEqual(Buffer.from('1\nzwei\n3\n'));
    expect((await runCommand(['show', '"caf\\351"', ...at])).stdout).toEqual(Buffer.from([0xff, 0]));
    expect(await runJson('show', '"caf\\351"', ...at)).toMatchObject({
      rev: 1,
      latest: { rev: 1, trxId: ids[0] },
      block: {
        header: { type: 'file' },
        mode: '100644',
        path: { '/': { bytes: 'Y2Fm6Q' } },
        content: { '/': { bytes: '/wA' } },
      },
    });
  });

  it('ls lists what is there, and with --deleted what was', async () => {
    const { text } = await runCommand(['ls', ...at]);
    expect(text).toBe('REV  MODE    BLOCK\n  1  100644  "caf\\351"\n  2  100644  a.txt\n');
    const listed = await runJson<{ path: unknown; deleted: boolean }[]>('ls', '--deleted', ...at);
    expect(listed.map(({ path, deleted }) => [path, deleted])).toContainEqual(['b.txt', true]);
    expect(listed).toHaveLength(3);
  });

  it('stats counts what is there', async () => {
    const stats = await runJson<{ epoch: number; bytes: number }>('stats', ...at);
    expect(stats).toMatchObject({
      ...{ store, backend, formatVersion: 1, closedCleanly: true, blocks: 3, deletedBlocks: 1, revisions: 5 },
      ...{ pendings: 0, logEntries: 3, damagedRecords: 0 },
    });
    expect(stats.bytes).toBeGreaterThan(1_000);
    expect((await runJson<{ epoch: number }>('stats', ...at)).epoch).toBe(stats.epoch + 1);
    expect((await runCommand(['stats', ...at])).text).toMatch(/^blocks +3 \(1 deleted\)$/m);
  });

  it('pendings lists what waits by age, and cancel ends it', async () => {
    const blockIds = [fileBlockId(Buffer.from('a.txt')), fileBlockId(Buffer.from('new'))];
    await withExistingStore(store, async ({ repo }) => {
      const header = { id: blockIds[1] ?? '', type: 'x', collectionId: 'x' };
      const transforms = {
        inserts: { [header.id]: { header } },
        updates: { [blockIds[0] ?? '']: [['mode', -1, 0, 'x'] as [string, number, number, unknown]] },
      };
      expect((await repo.pend({ trxId: 'waiting', rev: 9, policy: 'f', transforms })).success).toBe(true);
    });
    const pendings = await runJson<{ blockIds: string[] }[]>('pendings', ...at);
    expect(pendings).toMatchObject([{ trxId: 'waiting', rev: 9 }]);
    expect(pendings[0]?.blockIds.toSorted()).toEqual(blockIds.toSorted());
    expect((await runCommand(['pendings', '--older-than', '1h', ...at])).text).toBe('nothing is pending\n');
    expect((await runCommand(['pendings', ...at])).text).toMatch(/waiting\n$/);

    writeFileSync(join(repository, 'unused'), '');
    git(
      repository,
      ['fast-import', '--quiet'],
      `commit refs/heads/next\ncommitter C <c@x> 0 +0000\ndata 1\nx\nfrom refs/heads/main^0\nM 100644 inline a.txt\ndata 1\nx\n\n`,
    );
    git(repository, ['symbolic-ref', 'HEAD', 'refs/heads/next']);
    const blocked = await runCommand(['replay', repository, ...at]);
    git(repository, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
    expect(blocked.exitCode).toBe(1);
    expect(blocked.stderr).toMatch(
      /^blockstrata: commit \w+ was refused at revision 5: .*'blockstrata cancel waiting' would clear the way\n$/,
    );

    expect((await runJson<{ cancelled: string[] }>('cancel', 'waiting', ...at)).cancelled.toSorted()).toEqual(
      blockIds.toSorted(),
    );
    expect(await runJson('pendings', ...at)).toEqual([]);
    expect((await runCommand(['cancel', 'waiting', ...at])).exitCode).toBe(1);
  });

  it('verify and recover find the store sound', async () => {
    expect(await runJson('verify', ...at)).toMatchObject({
      blocks: 3,
      revisions: 5,
      logEntries: 3,
      violations: [],
      violationsTotal: 0,
    });
    expect(await runJson('recover', ...at)).toMatchObject({
      mended: [],
      losses: [],
      remaining: { violationsTotal: 0, logEntries: 3 },
    });
    expect((await runCommand(['verify', ...at])).text).toMatch(
      /^checked 3 blocks, 5 revisions, \d+ records, 3 log entries: sound\n$/,
    );
  });

  it('says what is wrong in one line, without a stack', async () => {
    const cases: [string[], number, RegExp][] = [
      [['show', 'nothing', ...at], 1, /has no block for "nothing"/],
      [['log', 'nothing', ...at], 1, /has no block for "nothing"/],
      [['show', 'b.txt', '--rev', '1', ...at], 1, /b\.txt is not there yet: its first revision is 2/],
      [['show', 'b.txt', ...at], 1, /b\.txt was deleted at revision 4/],
      [['show', 'a.txt', '--rev', '0', ...at], 2, /'0' is no whole number from 1/],
      [['show', ...at], 2, /missing required argument 'block'/],
      [['pendings', '--older-than', 'soon', ...at], 2, /'soon' is no duration/],
      [['frobnicate'], 2, /unknown command 'frobnicate'/],
      [['replay', repository, ...at, '--backend', backend === 'file' ? 'leveldb' : 'file'], 1, /is kept on/],
      [['replay', repository, ...at, '--backend', 'paper'], 2, /Allowed choices are leveldb, file, memory/],
    ];
    for (const [argv, exitCode, stderr] of cases) {
      const result = await runCommand(argv);
      expect({ argv, exitCode: result.exitCode, text: result.text }).toEqual({ argv, exitCode, text: '' });
      expect(result.stderr).toMatch(stderr);
      expect(result.stderr).toMatch(/^blockstrata: [^\n]+\n$/);
    }
  });

  it('refuses a history that is not the store’s, and changes nothing', async () => {
    const other = initRepository(join(folder.path, `other-${backend}`));
    git(other, ['commit', '-q', '--allow-empty', '-m', 'empty']);
    git(
      other,
      ['fast-import', '--quiet', '--force'],
      'commit refs/heads/main\ncommitter C <c@x> 0 +0000\ndata 1\nx\nM 100644 inline z\ndata 1\nx\n\n',
    );
    const before = await runJson<object>('ls', '--deleted', ...at);
    const { exitCode, stderr } = await runCommand(['replay', other, ...at]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /holds commit \w+ at revision 4, and .* has no commit there: .*Nothing was changed; use another --store\n$/,
    );
    expect(await runJson('ls', '--deleted', ...at)).toEqual(before);
  });

  it('says so while another process has the store', async () => {
    const holder = makeStore(backend, store, false);
    await holder.storage.open();
    expect((await readStoreFacts(store, backend)).closedCleanly).toBe(false);
    try {
      const { exitCode, stderr } = await runCommand(['ls', ...at]);
      expect({ exitCode, inUse: stderr.includes('is in use') }).toEqual({ exitCode: 1, inUse: true });
    } finally {
      await holder.storage.close();
    }
  });

  it('stops where it is asked to', async () => {
    for (const command of [['ls'], ['log', 'a.txt'], ['stats'], ['verify'], ['recover']]) {
      const { exitCode, text } = await runCommand([...command, ...at], AbortSignal.abort(new Error('enough')));
      expect({ command, exitCode, text }).toEqual({ command, exitCode: 1, text: '' });
    }
  });
});

describe('where there is no store', () => {
  it('none of the commands that look around makes one', async () => {
    for (const [i, argv] of [
      ['ls'],
      ['stats'],
      ['pendings'],
      ['verify'],
      ['recover'],
      ['log', 'x'],
      ['show', 'x'],
      ['cancel', 'x'],
    ].entries()) {
      const store = join(folder.path, `missing-${i}`);
      const { exitCode, stderr } = await runCommand([...argv, '--store', store]);
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        `blockstrata: there is no store at ${store}: name it with --store, or make one with 'blockstrata replay'\n`,
      );
      expect(existsSync(store)).toBe(false);
    }
  });

  it('a replay of what is no repository makes none either', async () => {
    const store = join(folder.path, 'never');
    expect((await runCommand(['replay', join(folder.path, 'nowhere'), '--store', store])).exitCode).toBe(1);
    expect(existsSync(store)).toBe(false);
  });

  it('a replay does not take over a folder that holds something else', async () => {
    const store = initRepository(join(folder.path, 'not-a-store'));
    const before = readdirSync(store);
    const { exitCode, stderr } = await runCommand(['replay', repository, '--store', store]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/is no store/);
    expect(readdirSync(store)).toEqual(before);
  });
});

describe('help', () => {
  it('teaches with examples, and tells the exit codes', async () => {
    const { exitCode, text } = await runCommand(['--help']);
    expect(exitCode).toBe(0);
    for (const taught of ['Examples:', 'blockstrata replay . --verify all', 'Exit codes:', '130'])
      expect(text).toContain(taught);
    for (const command of ['replay', 'log', 'show', 'ls', 'stats', 'pendings', 'cancel', 'verify', 'recover']) {
      expect((await runCommand([command, '--help'])).text).toMatch(/Examples?:\n {2}\$ blockstrata/);
    }
    expect((await runCommand(['--version'])).text).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

afterAll(() => folder.remove());
