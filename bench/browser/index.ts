import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import type { Durability } from '@blockstrata/db-p2p/storage';
import { bundleForBrowser } from '../../packages/indexeddb-storage/test/browser/harness/bundle.js';
import { ChromiumProcess } from '../../packages/indexeddb-storage/test/browser/harness/chromium-process.js';
import { servePage } from '../../packages/indexeddb-storage/test/browser/harness/page-server.js';
import type { Figure, Outcome } from '../harness/figure.js';
import { scratchRoot } from '../harness/machine.js';
import { makeTransactions } from '../workload/transactions.js';
import type { Run } from './page.js';

const OURS = 'blockstrata';
const BARE = 'bare idb';
const READ_ROUNDS = 20;
/** So that all of it takes less than six minutes. */
const PAIRS_MAX = 5;
const HOT_BLOCKS = 100;

/** Updates of one field find the block's head in the cache; inserts must first ask the store whether the block is there. */
const WORKLOADS = { updates: { seed: 5, blocks: 1, hotBlocks: HOT_BLOCKS }, inserts: { seed: 6, blocks: 1 } };

/** A Chromium with the benchmark's page in it. */
export class Browser {
  readonly page: Page;
  readonly version: string;
  readonly #dispose: () => Promise<void>;

  private constructor(page: Page, version: string, dispose: () => Promise<void>) {
    this.page = page;
    this.version = version;
    this.#dispose = dispose;
  }

  static async start(transactions: number): Promise<Browser> {
    const profile = mkdtempSync(join(scratchRoot(), 'blockstrata-bench-chromium-'));
    const code = await bundleForBrowser(join(import.meta.dirname, 'page.ts'), { minify: true });
    const server = await servePage(code);
    const chromium = await ChromiumProcess.start(profile);
    const page = await chromium.context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'benchPage' in globalThis);
    for (const [name, shape] of Object.entries(WORKLOADS)) {
      const made = makeTransactions({ ...shape, transactions });
      await page.evaluate(([as, given]) => benchPage.prepare(as, given), [name, made] as const);
    }
    const version = await page.evaluate(() => /Chrome\/(\S+)/.exec(navigator.userAgent)?.[1] ?? 'unknown');
    return new Browser(page, version, async () => {
      await chromium.kill();
      await server.close();
      rmSync(profile, { recursive: true, force: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dispose();
  }
}

/** Pend and commit beside the same records written with bare `idb`, and warm reads of tips beside its gets. */
export function figures({ page }: Browser, transactions: number): Figure[] {
  const perSecond = ({ elapsedMs, hash }: Run): Outcome => ({ value: (transactions / elapsedMs) * 1000, hash });
  const commits = Object.keys(WORKLOADS).flatMap(workload =>
    (['strict', 'relaxed'] as const).flatMap(durability =>
      [1, 64].map(inFlight => commitFigure(page, { workload, durability, inFlight }, perSecond)),
    ),
  );
  return [...commits, readFigure(page, perSecond)];
}

type Case = { readonly workload: string; readonly durability: Durability; readonly inFlight: number };

function commitFigure(page: Page, given: Case, toOutcome: (run: Run) => Outcome): Figure {
  return {
    name: `pend + commit, ${given.workload} of 1 KiB blocks, ${given.durability}, ${given.inFlight} in flight`,
    unit: '/s',
    pairsMax: PAIRS_MAX,
    bound: { against: BARE, atLeast: 0.7 },
    prepare: async () => ({
      ours: {
        name: OURS,
        run: async () =>
          toOutcome(await page.evaluate(c => benchPage.commitOurs(c.workload, c.durability, c.inFlight), given)),
      },
      peers: [
        {
          name: BARE,
          run: async () =>
            toOutcome(await page.evaluate(c => benchPage.commitBare(c.workload, c.durability, c.inFlight), given)),
        },
      ],
    }),
  };
}

function readFigure(page: Page, toOutcome: (run: Run) => Outcome): Figure {
  return {
    name: 'read of a tip of 1 KiB, warm, one after the other',
    unit: '/s',
    pairsMax: PAIRS_MAX,
    bound: { against: BARE, atLeast: 20 },
    prepare: async () => ({
      ours: {
        name: OURS,
        run: async () => toOutcome(await page.evaluate(rounds => benchPage.readOurs('inserts', rounds), READ_ROUNDS)),
      },
      peers: [{ name: BARE, run: async () => toOutcome(await page.evaluate(() => benchPage.readBare('inserts'))) }],
    }),
  };
}
