import { isAbsent, isPresent, type Absent, type Bound, type Contender, type Figure, type Outcome } from './figure.js';
import type { Measured, MeasuredPeer, Row, Verdict } from './report.js';
import { pairwiseRatios, spreadOf } from './statistics.js';

/** How figures are measured. */
export type CompareOptions = {
  /** Rounds; in each, everyone runs once. */
  readonly pairs: number;
  /** Only the contender of this name, as for a profile. */
  readonly alone?: string;
};

// A figure also counts as reached at this part of what a bare program of the same format reaches in the same run.
const BARE_PART = 0.95;

/**
 * Measures one figure: a warm-up of everyone, then rounds in which everyone runs once, ours first in one round and last
 * in the next, so that whatever else the machine does falls on all of them alike.
 */
export async function compare(figure: Figure, options: CompareOptions): Promise<Row> {
  const lineup = await figure.prepare();
  try {
    const { alone } = options;
    const everyone = [lineup.ours, ...lineup.peers];
    const contenders = everyone.filter(isPresent).filter(({ name }) => alone === undefined || name === alone);
    const absent = lineup.peers.filter(isAbsent);
    const pairs = Math.min(options.pairs, figure.pairsMax ?? options.pairs);
    const outcomes = await runRounds(contenders, pairs);
    return toRow(figure, contenders, outcomes, absent);
  } finally {
    await lineup.dispose?.();
  }
}

type Outcomes = ReadonlyMap<Contender, readonly Outcome[]>;

async function runRounds(contenders: readonly Contender[], pairs: number): Promise<Outcomes> {
  const outcomes = new Map<Contender, Outcome[]>(contenders.map(contender => [contender, []]));
  for (const contender of contenders) await runOnce(contender, 0);
  for (let round = 1; round <= pairs; round++) {
    const order = round % 2 === 1 ? contenders : [...contenders].reverse();
    for (const contender of order) outcomes.get(contender)?.push(await runOnce(contender, round));
  }
  return outcomes;
}

async function runOnce(contender: Contender, round: number): Promise<Outcome> {
  // What the last run left behind must not be swept up in the time of this one; `node --expose-gc` brings it.
  globalThis.gc?.();
  return contender.run(round);
}

function toRow(figure: Figure, contenders: readonly Contender[], outcomes: Outcomes, absent: readonly Absent[]): Row {
  const [ours, ...peers] = contenders.map(contender => measured(contender.name, outcomes.get(contender) ?? []));
  if (ours === undefined) throw new TypeError(`${figure.name} has nobody to measure`);
  const compared = peers.map((peer): MeasuredPeer => ({
    ...peer,
    ratio: spreadOf(pairwiseRatios(ours.samples, peer.samples)),
  }));
  const rounds = [...outcomes.values()];
  const sameResult = ours.samples.every((_, i) => agree(rounds.map(all => all[i]?.hash)));
  const row = { figure: figure.name, unit: figure.unit, pairs: ours.samples.length, ours, peers: compared, absent };
  const verdict = figure.bound === undefined ? undefined : judge(figure.bound, compared);
  return { ...row, sameResult, ...(verdict === undefined ? {} : { verdict }) };
}

function measured(name: string, outcomes: readonly Outcome[]): Measured {
  const samples = outcomes.map(({ value }) => value);
  const parts = Object.keys(outcomes[0]?.partsMs ?? {});
  const partsMs = Object.fromEntries(
    parts.map(part => [part, spreadOf(outcomes.map(outcome => outcome.partsMs?.[part] ?? 0)).median]),
  );
  const hash = outcomes.at(-1)?.hash;
  return {
    name,
    spread: spreadOf(samples),
    samples,
    ...(parts.length === 0 ? {} : { partsMs }),
    ...(hash === undefined ? {} : { hash }),
  };
}

function agree(hashes: readonly (string | undefined)[]): boolean {
  return new Set(hashes.filter(hash => hash !== undefined)).size <= 1;
}

/** What became of a bound; `undefined` where the peer that it names did not run. */
export function judge(bound: Bound, peers: readonly MeasuredPeer[]): Verdict | undefined {
  const ratio = peers.find(peer => peer.name === bound.against)?.ratio.median;
  if (ratio === undefined) return undefined;
  const bareRatio = bareRatioOf(bound, peers);
  const nearBare =
    bareRatio !== undefined &&
    (bound.atLeast === undefined ? ratio <= bareRatio / BARE_PART : ratio >= bareRatio * BARE_PART);
  return {
    ...bound,
    ratio,
    ...(bareRatio === undefined ? {} : { bareRatio }),
    reached: isWithin(bound, ratio) || nearBare,
  };
}

/** Whether a ratio is within a bound by itself, without a look at the bare program. */
export function isWithin({ atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Bound, ratio: number): boolean {
  return ratio >= atLeast && ratio <= atMost;
}

/** What the bare program reaches against the same peer, round by round. */
function bareRatioOf(bound: Bound, peers: readonly MeasuredPeer[]): number | undefined {
  const bare = peers.find(peer => peer.name === bound.bare);
  const against = peers.find(peer => peer.name === bound.against);
  if (bare === undefined || against === undefined) return undefined;
  return spreadOf(pairwiseRatios(bare.samples, against.samples)).median;
}
