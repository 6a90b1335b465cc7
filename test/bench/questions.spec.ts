import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report, Row } from '../../bench/harness/report.js';

const run = promisify(execFile);
const FROM_SOURCE = ['--expose-gc', '--conditions=@blockstrata/source', '--import', 'tsx'];
const QUESTION_TIMEOUT_MS = 240_000;

describe('the small sizes of the benchmarks', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'blockstrata-bench-spec-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Asks a question as `npm run bench` does, with one pair, and reads what it wrote for programs. */
  async function ask(question: string, ...words: string[]): Promise<Report> {
    const json = join(directory, `${question}.json`);
    const only = words.flatMap(word => ['--only', word]);
    const options = ['--small', '--pairs', '1', '--json', json, ...only];
    await run(process.execPath, [...FROM_SOURCE, 'bench/main.ts', question, ...options]);
    return JSON.parse(readFileSync(json, 'utf8')) as Report;
  }

  function expectSound(report: Report, question: string): void {
    expect(report).toMatchObject({ question, size: 'small' });
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(Number.isNaN(Date.parse(report.date))).toBe(false);
    expect(report.rows.length).toBeGreaterThan(0);
    for (const row of report.rows) {
      expect(row.sameResult, `${row.figure}: everyone came to the same result`).toBe(true);
      for (const { spread, samples } of [row.ours, ...row.peers]) {
        expect(samples).toHaveLength(row.pairs);
        expect(spread.median).toBeGreaterThan(0);
      }
      for (const { ratio } of row.peers) expect(ratio.median).toBeGreaterThan(0);
      for (const { name, absent } of row.absent) console.log(`${question}: ${name} is absent: ${absent}`);
    }
    for (const { name, passed, detail } of report.checks) expect(passed, `${name}: ${detail}`).toBe(true);
  }

  function hashesOf({ ours, peers }: Row): (string | undefined)[] {
    return [ours.hash, ...peers.map(peer => peer.hash)].filter(hash => hash !== undefined);
  }

  it(
    'commit: after close and reopen our store, the raw one and the bare one hold the same records',
    async () => {
      const report = await ask('commit', '16 in flight', '1 block');
      expectSound(report, 'commit');
      for (const row of report.rows.filter(({ figure }) => figure.includes('LevelDB'))) {
        expect(hashesOf(row).length, row.figure).toBeGreaterThanOrEqual(3);
      }
    },
    QUESTION_TIMEOUT_MS,
  );

  it(
    'read: everyone reads the same blocks',
    async () => {
      const report = await ask('read', 'LevelDB');
      expectSound(report, 'read');
      for (const row of report.rows) expect(hashesOf(row).length, row.figure).toBeGreaterThanOrEqual(2);
    },
    QUESTION_TIMEOUT_MS,
  );

  it(
    'growth: a store is opened, read, and written on',
    async () => expectSound(await ask('growth'), 'growth'),
    QUESTION_TIMEOUT_MS,
  );

  it(
    'editing: the final text and 100 random moments are those of the session',
    async () => {
      const report = await ask('editing');
      expectSound(report, 'editing');
      expect(report.checks.length).toBeGreaterThanOrEqual(2);
    },
    QUESTION_TIMEOUT_MS,
  );

  // `npm test` builds the command first.
  it.skipIf(!existsSync('packages/cli/dist/main.js') || !hasWholeHistory())(
    'replay: what a sample of the replayed states holds is what git has, on every backend',
    async () => {
      const report = await ask('replay');
      expectSound(report, 'replay');
      expect(report.rows).toHaveLength(3);
      expect(report.checks).toHaveLength(3);
    },
    QUESTION_TIMEOUT_MS,
  );

  it(
    'bare: our kernel alone writes the same records as the bare program and we',
    async () => {
      const report = await ask('bare', 'commit: LevelDB', '16 in flight');
      expectSound(report, 'bare');
      for (const row of report.rows) expect(hashesOf(row)).toHaveLength(4);
    },
    QUESTION_TIMEOUT_MS,
  );

  it(
    'recovery: all that was acknowledged before a kill is there after opening',
    async () => expectSound(await ask('recovery'), 'recovery'),
    QUESTION_TIMEOUT_MS,
  );

  it(
    'bounds: every ratio that must be reached comes out of one command, beside its bare program',
    async () => {
      const report = await ask('bounds');
      expectSound(report, 'bounds');
      const verdicts = report.rows.map(({ verdict }) => verdict);
      const withPeers = report.rows.filter(({ absent }) => absent.length === 0);
      expect(withPeers.every(({ verdict }) => verdict !== undefined)).toBe(true);
      expect(verdicts.filter(verdict => verdict?.bareRatio !== undefined).length).toBeGreaterThanOrEqual(9);
      for (const verdict of verdicts) if (verdict !== undefined) expect(typeof verdict.reached).toBe('boolean');
    },
    QUESTION_TIMEOUT_MS,
  );
});

/** Whether git can read the history of this project, and all of it is there. */
function hasWholeHistory(): boolean {
  return spawnSync('git', ['rev-parse', '--is-shallow-repository'], { encoding: 'utf8' }).stdout.trim() === 'false';
}
