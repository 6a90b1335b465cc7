import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reportCovered } from '../../../../test/covered.js';
import {
  BlockStorage,
  createRestoreCallback,
  MemoryDriver,
  RawStorage,
  RepoClient,
  repoService,
  StorageRepo,
  syncService,
  type RecordKind,
  type RestoreCallbackInit,
  type RestoreProgress,
} from '../../src/index.js';
import { knownArchive, knownHistory } from './known-history.js';
import { afterwards, tcpNode, until } from './tcp-nodes.js';

const LIMITS = { messageMsMax: 2_500, requestDeadlineMs: 3_000, restoreMs: 12_000, hedgeMs: 200, writeMsMax: 2_000 };
const TIME_MS_MAX = 20_000;
/** Inflating up to the cap takes a while on a machine that is busy. */
const SMALL = { archiveBytesMax: 4 * 1024 * 1024 };
const FLOOD_MS_MAX = 25_000;
const HEAP_BYTES_MAX = 192 * 1024 * 1024;

type LiarProcess = { child: ChildProcessWithoutNullStreams; address: Multiaddr; lines: AsyncIterator<string> };

/** Two that conspire: a lie is told by both in the same way, except for equivocation. */
let liars: LiarProcess[];
let heapBytesPeak = 0;

beforeAll(async () => {
  liars = await Promise.all(['one', 'two'].map(startLiar));
}, 60_000);

afterAll(() => {
  for (const { child } of liars) child.kill('SIGKILL');
  process.stdout.write(`lying peers: heap grew by at most ${Math.round(heapBytesPeak / 1024 / 1024)} MiB\n`);
});

afterEach(({ task }) => {
  const isLie = !task.name.includes('an honest peer, so');
  if (isLie && task.result?.state !== 'fail') reportCovered({ 'lies and floods': 1 });
});

async function startLiar(tag: string): Promise<LiarProcess> {
  const script = fileURLToPath(new URL('./lying-peer-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@blockstrata/source', '--import', 'tsx', script, tag], {
    stdio: 'pipe',
  });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { addresses } = JSON.parse((await lines.next()).value as string) as { addresses: string[] };
  return { child, address: multiaddr(addresses[0]), lines };
}

/** A store that holds revisions 60 … 150 of the known history, and would fetch the rest. */
async function victim(lie: string, init: Partial<RestoreCallbackInit> = {}) {
  const blockId = `note:${lie}`;
  const driver = new MemoryDriver();
  const storage = new RawStorage(driver);
  const seed = await knownArchive(blockId, undefined, '', 57);
  await new BlockStorage(blockId, storage, () => Promise.resolve(seed)).refresh();
  const libp2p = await tcpNode();
  const progress: RestoreProgress[] = [];
  const restore = createRestoreCallback({
    libp2p,
    peers: [[liars[0]?.address as Multiaddr]],
    quorum: 1,
    limits: LIMITS,
    onProgress: event => progress.push(event),
    ...init,
  });
  afterwards(() => restore.close());
  afterwards(() => storage.close());
  const repo = new StorageRepo(id => new BlockStorage(id, storage, restore), { storage });
  return { blockId, driver, storage, repo, restore, progress, libp2p };
}

const BOTH = (): Partial<RestoreCallbackInit> => ({ peers: liars.map(({ address }) => [address]), quorum: 2 });

/** All that a store holds, byte for byte. */
async function bytesOf(driver: MemoryDriver): Promise<string[]> {
  const found: string[] = [];
  for (const kind of ['meta', 'rev', 'pend', 'trx', 'block', 'log'] satisfies RecordKind[]) {
    const { records } = await driver.scan({ kind, limit: 100_000 });
    for (const { key, value } of records) found.push(`${key.encoded}=${Buffer.from(value ?? []).toString('base64')}`);
  }
  return found;
}

/** Watches the heap while something is going on. */
async function measured<T>(run: () => Promise<T>, timeMsMax = TIME_MS_MAX): Promise<T> {
  globalThis.gc?.();
  const before = memoryBytes();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, memoryBytes())), 5);
  const start = Date.now();
  try {
    return await run();
  } finally {
    clearInterval(watch);
    heapBytesPeak = Math.max(heapBytesPeak, peak - before);
    expect(peak - before).toBeLessThan(HEAP_BYTES_MAX);
    expect(Date.now() - start).toBeLessThan(timeMsMax);
  }
}

function memoryBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Nothing is restored, because of this error, and nothing is changed. */
async function refusesRestoration(lie: string, error: object, init?: Partial<RestoreCallbackInit>): Promise<void> {
  const { blockId, driver, repo, progress } = await victim(lie, init);
  const before = await bytesOf(driver);
  const result = await measured(() => repo.get({ blockIds: [blockId], context: { rev: 57 } }));
  expect(result[blockId]).toEqual({ state: { latest: { trxId: 'trx-150', rev: 150 } }, unavailable: 'restore-failed' });
  expect(await bytesOf(driver)).toEqual(before);
  expect(progress.some(({ type }) => type === 'agreed')).toBe(false);
  const errors = progress.flatMap(event => (event.type === 'refused' ? [event.error] : []));
  expect(errors.some(found => isLike(found, error)) || errors).toBe(true);
  expect((await repo.get({ blockIds: [blockId] }))[blockId]?.rev).toBe(150);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
}

function isLike(found: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return found === expected;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(expected).every(([key, value]) => isLike((found as Record<string, unknown>)[key], value));
}

describe('peers that lie about an archive (INV-11, INV-12)', () => {
  it('restores from an honest peer, so that what follows is refused for what it is', async () => {
    const { blockId, repo } = await victim('honest');
    const result = await repo.get({ blockIds: [blockId], context: { rev: 57 } });
    expect(result[blockId]).toMatchObject({ rev: 57, block: { header: { id: blockId } } });
    expect((await repo.verify()).violationsTotal).toBe(0);
  });

  it.each([
    ['wrong-block', { code: 'invalid-archive' }],
    ['wrong-revision', { code: 'invalid-archive' }],
    ['gap', { code: 'invalid-archive' }],
    ['overlap', { code: 'invalid-archive' }],
    ['future-revision', { code: 'invalid-archive' }],
    ['duplicate-revision', { code: 'invalid-archive' }],
    ['proto', { code: 'invalid-archive' }],
    ['oversize', { code: 'invalid-archive' }],
    ['slow-drip', { reason: 'protocol' }],
    ['silence', { reason: 'silent' }],
    ['huge-length', { reason: 'protocol', cause: { limit: 'messageBytesMax' } }],
    ['element-bomb', { reason: 'protocol', cause: { limit: 'messageElementsMax' } }],
    ['deep-nesting', { reason: 'protocol', cause: { limit: 'messageDepthMax' } }],
    ['nan-revision', { code: 'invalid-archive', cause: { code: 'invalid-request' } }],
    ['negative-revision', { code: 'invalid-archive' }],
    ['huge-revision', { code: 'invalid-archive', cause: { code: 'invalid-request' } }],
  ])('refuses %s from a single peer, and stays byte-identical', async (lie, error) => {
    await refusesRestoration(lie, error);
  });

  it('refuses a decompression bomb', async () => {
    await refusesRestoration('decompression-bomb', { code: 'invalid-archive' }, { compress: true, repoLimits: SMALL });
  });

  it('refuses what was compressed though nobody asked for it', async () => {
    await refusesRestoration('decompression-bomb', { code: 'invalid-archive' });
  });

  it('refuses equivocation: two that say different things', async () => {
    await refusesRestoration('equivocation', { code: 'restore-failed' }, BOTH());
  });

  it.each(['forged-trx-id', 'wrong-place'])('refuses %s where an honest peer disagrees', async lie => {
    const { storage } = await knownHistory(`note:${lie}`);
    const honest = await tcpNode({ sync: syncService({ storage }) });
    await refusesRestoration(
      lie,
      { code: 'restore-failed' },
      { peers: [[liars[0]?.address as Multiaddr], honest.getMultiaddrs()], quorum: 2 },
    );
  });

  it('refuses a majority that lies where it contradicts what is held, or where the database can tell', async () => {
    const verify = (archive: { revisions: Record<number, { trx: { trxId: string } }> }): boolean =>
      Object.values(archive.revisions).every(({ trx }) => !trx.trxId.endsWith('-conspired'));
    await refusesRestoration('majority', { code: 'invalid-archive' }, { ...BOTH(), verify });
    const { blockId, driver, repo } = await victim('majority', BOTH());
    const before = await bytesOf(driver);
    await expect(repo.refresh([blockId])).rejects.toMatchObject({ code: 'restore-failed' });
    expect(await bytesOf(driver)).toEqual(before);
  });

  it('does not move back for what is stale but valid (INV-4)', async () => {
    const { blockId, driver, repo, storage } = await victim('stale', BOTH());
    const before = await bytesOf(driver);
    await measured(() => repo.refresh([blockId]).catch(() => undefined));
    expect((await storage.getMetadata(blockId))?.latest).toEqual({ trxId: 'trx-150', rev: 150 });
    const after = await bytesOf(driver);
    expect(before.every(record => after.includes(record) || record.startsWith('m'))).toBe(true);
    expect((await repo.verify()).violationsTotal).toBe(0);
  });

  it.each(['reset', 'truncation', 'disconnect-after'])('survives a peer that breaks off: %s', async lie => {
    const { blockId, repo } = await victim(lie);
    const result = await measured(() => repo.get({ blockIds: [blockId], context: { rev: 57 } }));
    expect(result[blockId]?.rev).toBe(57);
    expect((await repo.verify()).violationsTotal).toBe(0);
  });

  it('leaves a peer alone that was caught', async () => {
    const { blockId, repo, restore, progress } = await victim('gap');
    await repo.get({ blockIds: [blockId], context: { rev: 57 } });
    progress.length = 0;
    const again = await restore(blockId, 30);
    expect(again).toBeUndefined();
    expect(progress.filter(({ type }) => type === 'asked')).toEqual([]);
  });
});

describe('peers that flood (INV-12)', () => {
  it.each([
    ['streams', 200],
    ['connections', 40],
    ['bytes', 20_000],
  ])('goes on serving others under a flood of %s', async (flood, count) => {
    const { repo } = await knownHistory('note:honest');
    const limits = { messageMsMax: 1_000, writeMsMax: 1_000 };
    const server = await tcpNode({ repo: repoService({ repo, limits }) });
    const target = String(server.getMultiaddrs()[0]);
    const honest = new RepoClient({ libp2p: await tcpNode(), peer: server.getMultiaddrs() });
    afterwards(() => honest.close());
    const { child, lines } = liars[1] as LiarProcess;
    await measured(async () => {
      child.stdin.write(`${JSON.stringify({ flood, target, count })}\n`);
      for (let i = 0; i < 50; i++) {
        expect((await honest.get({ blockIds: ['note:honest'] }))['note:honest']?.rev).toBe(150);
      }
      const report = JSON.parse((await lines.next()).value as string) as { done: unknown };
      expect(report.done).toEqual(expect.any(Number));
      expect(server.services.repo.streams).toBeLessThan(60);
    }, FLOOD_MS_MAX);
    expect((await honest.get({ blockIds: ['note:honest'] }))['note:honest']?.rev).toBe(150);
    await until(() => server.services.repo.streams <= 1);
  });
});
