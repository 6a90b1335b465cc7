import { BlockStorage, StorageRepo, type Durability } from '@blockstrata/db-p2p/storage';
import { checkStore } from './check-store.js';
import { runUntilKilled, type KillPlan } from './child-process.js';
import { History } from './history.js';
import type { Backend, Bug, Message } from './messages.js';
import { seededRandom, type Random } from './random.js';
import { storeOf, wasCheckpointing } from './stores.js';

/** What to kill, and how often. */
export type KillSettings = {
  readonly backend: Backend;
  readonly durability: Durability;
  readonly directory: string;
  /** The bundled child. */
  readonly program: string;
  readonly kills: number;
  readonly seed: number;
  readonly bug?: Bug | undefined;
};

/** What was under way when the kills came; one kill can be in several. */
export type KillHistogram = Record<'recovery' | 'pend' | 'commit' | 'cancel' | 'checkpoint' | 'nothing', number>;

/** What came of all kills. */
export type KillReport = {
  readonly kills: number;
  readonly histogram: KillHistogram;
  readonly inFlightKills: number;
  readonly transactions: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly torn: number;
  readonly findings: readonly string[];
};

/** Kills one child after the other on the same store, and checks the store after each; ends at the first finding. */
export async function killRounds(settings: KillSettings): Promise<KillReport> {
  const { backend, directory, durability, kills, seed } = settings;
  const random = seededRandom(seed);
  const history = new History();
  const histogram = { recovery: 0, pend: 0, commit: 0, cancel: 0, checkpoint: 0, nothing: 0 };
  let [lost, torn, inFlightKills] = [0, 0, 0];
  const findings: string[] = [];
  let round = 0;
  while (round < kills && findings.length === 0) {
    round++;
    const plan = planOf(round, random);
    const closeAfterMs = plan.after === 'closing' ? random.below(150) : undefined;
    const task = { ...settings, seed: seed + round, round, revTaken: history.revTaken, closeAfterMs };
    const end = await runUntilKilled(settings.program, task, plan);
    history.record(end.messages);
    if (!end.killed) findings.push(`child ${round} ended by itself: ${end.stderr}`);
    findings.push(...history.failures);
    if (history.inFlight.length > 0) inFlightKills++;
    await count(histogram, end.messages, history, () => wasCheckpointing(backend, directory));
    const storage = storeOf(backend, directory, durability);
    try {
      await storage.open();
      const check = await checkStore(storage, history);
      findings.push(...check.findings);
      lost += check.lost;
      torn += check.torn;
      if (findings.length === 0) await goOn(new StorageRepo(id => new BlockStorage(id, storage)), history, random);
    } catch (error) {
      findings.push(`after kill ${round}: ${String(error)}`);
    } finally {
      await storage.close();
    }
  }
  const { acknowledged, trxs } = history;
  return { kills: round, histogram, inFlightKills, transactions: trxs.size, acknowledged, lost, torn, findings };
}

// Of ten kills, two come while the store is opened, one while it is closed with calls under way, and the rest at work.
function planOf(round: number, random: Random): KillPlan {
  switch (round % 10) {
    case 2:
    case 6:
      return { after: 'opening', delayMs: random.below(25) };
    case 9:
      return { after: 'closing', delayMs: random.below(25) };
    default:
      return { after: 'open', delayMs: 5 + random.below(250) };
  }
}

async function count(
  histogram: KillHistogram,
  messages: readonly Message[],
  history: History,
  checkpointing: () => Promise<boolean>,
): Promise<void> {
  const before = Object.values(histogram).reduce((total, n) => total + n, 0);
  if (!messages.some(([kind]) => kind === 'open')) histogram.recovery++;
  for (const kind of ['pend', 'commit', 'cancel'] as const) {
    if (history.inFlight.some(({ inFlight }) => inFlight === kind)) histogram[kind]++;
  }
  const closing = messages.some(([kind]) => kind === 'closing') && !messages.some(([kind]) => kind === 'closed');
  if (closing || (await checkpointing())) histogram.checkpoint++;
  if (Object.values(histogram).reduce((total, n) => total + n, 0) === before) histogram.nothing++;
}

/** What a coordinator does with what is left pending: it repeats the commit under the same id, or cancels (INV-8). */
async function goOn(repo: StorageRepo, history: History, random: Random): Promise<void> {
  for (const trx of history.trxs.values()) {
    if (trx.possible[0] !== 'pending') continue;
    const { trxId, blockIds: ids, rev } = trx;
    const blockIds = [...ids];
    if (rev !== undefined && random.next() < 0.5) {
      const result = await repo.commit({ trxId, blockIds, rev });
      if (!result.success) throw new RangeError(`the repeated commit of ${trxId} failed: ${result.code}`);
      history.settle(trx, 'committed');
    } else {
      await repo.cancel({ trxId, blockIds });
      history.settle(trx, 'absent');
    }
  }
}
