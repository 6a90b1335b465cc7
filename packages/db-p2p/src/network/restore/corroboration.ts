import type { Clock } from '@blockstrata/db-core';
import type { BlockArchive } from '../../storage/block/archive.js';
import type { NetworkLimits } from '../limits.js';
import type { SyncClient } from '../sync/sync-client.js';
import type { Candidate, Opinion, Stretch } from './candidate.js';

/** What others made of a candidate. */
export type Corroborated = {
  /** What all of `peers` agree on; `undefined`: too few agree. */
  readonly archive: BlockArchive | undefined;
  readonly peers: readonly string[];
  readonly disagreeing: readonly string[];
};

/** How others are asked. */
export type CorroborationInit = {
  readonly quorum: number;
  readonly rev: number | undefined;
  readonly limits: Pick<NetworkLimits, 'hedgeMs' | 'holdersAskedMax'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onFailure: (holder: SyncClient, error: unknown) => void;
};

type Agreeing = { readonly peer: string; readonly stretch: Stretch };

/**
 * Asks other holders for their digests of a candidate, until `quorum` holders, the candidate's own among them, agree. A
 * quorum is corroboration, not proof.
 */
export async function corroborate(
  candidate: Candidate,
  others: readonly SyncClient[],
  init: CorroborationInit,
): Promise<Corroborated> {
  const needed = init.quorum - 1;
  const { floor, top } = candidate.whole;
  const agreeing: Agreeing[] = [];
  const disagreeing: string[] = [];
  const enough = new AbortController();
  const signal = AbortSignal.any([init.signal, enough.signal]);
  const isFull = ({ stretch }: Agreeing): boolean => stretch.floor === floor && stretch.top === top;
  let callOff: (() => void) | undefined;
  const onOpinion = (peer: string, opinion: Opinion): void => {
    if (opinion.verdict === 'disagrees') disagreeing.push(peer);
    if (opinion.verdict !== 'agrees') return;
    agreeing.push({ peer, stretch: opinion.stretch });
    if (agreeing.filter(isFull).length >= needed) enough.abort(DONE);
    // Those who agree on less are enough too, if nobody who holds more answers soon.
    else if (agreeing.length >= needed) callOff ??= init.clock.after(init.limits.hedgeMs, () => enough.abort(DONE));
  };
  if (needed > 0) await askAll(candidate, others, init, signal, onOpinion);
  callOff?.();
  init.signal.throwIfAborted();
  agreeing.sort((a, b) => b.stretch.top - a.stretch.top || a.stretch.floor - b.stretch.floor);
  const chosen = agreeing.slice(0, needed);
  const peers = [candidate.peer, ...chosen.map(({ peer }) => peer)];
  const archive = chosen.length < needed ? undefined : candidate.agreed(chosen.map(({ stretch }) => stretch));
  return { archive, peers, disagreeing };
}

const DONE = new DOMException('enough holders agree', 'AbortError');

async function askAll(
  candidate: Candidate,
  others: readonly SyncClient[],
  { rev, limits, onFailure }: CorroborationInit,
  signal: AbortSignal,
  onOpinion: (peer: string, opinion: Opinion) => void,
): Promise<void> {
  const { floor, top } = candidate.whole;
  const waiting = [...others];
  const ask = async (): Promise<void> => {
    for (let holder = waiting.shift(); holder !== undefined && !signal.aborted; holder = waiting.shift()) {
      try {
        const answer = await holder.digest(candidate.blockId, rev ?? top, floor, signal);
        onOpinion(holder.peer, candidate.judge(answer));
      } catch (error) {
        if (!signal.aborted) onFailure(holder, error);
      }
    }
  };
  await Promise.all(Array.from({ length: limits.holdersAskedMax }, ask));
}
