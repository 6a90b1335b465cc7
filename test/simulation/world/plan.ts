import type { BlockId, PendPolicy } from '@blockstrata/db-core';
import { BLOCK_IDS } from '../../model/requests.js';
import { REMOTE_BLOCK } from '../../model/coordinators.js';
import { seededRandom } from '../seeded-random.js';
import type { Survival } from '../simulated-disk/crash-cursor.js';
import type { FaultKind } from '../simulated-disk/fault-plan.js';

/** What a coordinator is to do. */
export type WorldErrand =
  | {
      readonly kind: 'transact';
      readonly blockIds: readonly BlockId[];
      readonly policy: PendPolicy;
      readonly bases: boolean;
      readonly namesRev: boolean;
      readonly ending: 'commit' | 'cancel' | 'abort' | 'leave';
    }
  | { readonly kind: 'read'; readonly blockIds: readonly BlockId[]; readonly pin: number | undefined }
  | { readonly kind: 'refresh' };

/** What happens to the world before a turn. */
export type WorldEvent = { readonly at: number } & (
  | { readonly kind: 'crash'; readonly survival: Survival }
  | { readonly kind: 'close' }
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly forever: boolean }
  | { readonly kind: 'full'; readonly bytesLeft: number }
  | { readonly kind: 'room' }
);

/** What happens to the medium when all is done: flips while it is at rest, and while it is read. */
export type MediaPlan = {
  readonly flips: number;
  readonly flipsWhileRead: number;
  readonly crashes: readonly number[];
};

/** Everything that a world does; the seed decides who goes first. */
export type WorldPlan = {
  readonly seed: number;
  readonly backend: 'files' | 'kernel';
  readonly durability: 'strict' | 'relaxed';
  readonly cacheBytesMax: number;
  readonly checkpointInterval: number;
  readonly coordinators: readonly (readonly WorldErrand[])[];
  readonly events: readonly WorldEvent[];
  readonly media: MediaPlan | undefined;
};

/** The blocks of a world. */
export const WORLD_BLOCKS: readonly BlockId[] = [...BLOCK_IDS, REMOTE_BLOCK];

const FAULTS: readonly FaultKind[] = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'];
const SURVIVALS: readonly Survival[] = ['none', 'all', 'some', 'some'];
/** How many turns a world takes, about: events come within them. */
const TURNS = { files: 400, kernel: 200 } as const;

type Random = () => number;

/** A plan that the seed decides; its parts can be left out one by one. */
export function makePlan(seed: number, backend?: WorldPlan['backend']): WorldPlan {
  const random = seededRandom(seed);
  const isOnFiles = random() < 0.5;
  const chosen = backend ?? (isOnFiles ? 'files' : 'kernel');
  const strict = random() < 0.8;
  return {
    seed,
    backend: chosen,
    durability: strict ? 'strict' : 'relaxed',
    cacheBytesMax: random() < 0.5 ? 0 : 1 << 20,
    checkpointInterval: 1 + Math.floor(random() * 4),
    coordinators: times(2 + Math.floor(random() * 3), () => times(2 + Math.floor(random() * 5), () => errand(random))),
    events: events(random, TURNS[chosen], strict),
    media: random() < 0.35 ? media(random) : undefined,
  };
}

function errand(random: Random): WorldErrand {
  const kind = random();
  const blockIds = someBlocks(random);
  if (kind < 0.06) return { kind: 'refresh' };
  if (kind < 0.3) return { kind: 'read', blockIds, pin: random() < 0.5 ? undefined : Math.floor(random() * 8) };
  return {
    kind: 'transact',
    blockIds,
    policy: pick(random, ['c', 'c', 'f', 'r', 'w', 'w']),
    bases: random() < 0.5,
    namesRev: random() < 0.5,
    ending: pick(random, ['commit', 'commit', 'commit', 'commit', 'cancel', 'abort', 'leave']),
  };
}

/** Mostly a fault shows only when the power goes soon after it. */
function events(random: Random, turns: number, strict: boolean): WorldEvent[] {
  const all = times(Math.floor(random() * 5), () => event(random, turns, strict)).flatMap(one => {
    const isAlone = one.kind !== 'fault' || random() < 0.5;
    return isAlone ? [one] : [one, crash(random, one.at + 1 + Math.floor(random() * 60), strict)];
  });
  return all.sort((a, b) => a.at - b.at);
}

/** What a power cut leaves of a relaxed store is checked with crash images: here only its process dies. */
function crash(random: Random, at: number, strict: boolean): WorldEvent {
  return { at, kind: 'crash', survival: strict ? pick(random, SURVIVALS) : 'all' };
}

function event(random: Random, turns: number, strict: boolean): WorldEvent {
  const at = Math.floor(random() * turns);
  const kind = random();
  if (kind < 0.4) return crash(random, at, strict);
  if (kind < 0.55) return { at, kind: 'close' };
  if (kind < 0.85) return { at, kind: 'fault', fault: pick(random, FAULTS), forever: random() < 0.3 };
  if (kind < 0.95) return { at, kind: 'full', bytesLeft: Math.floor(random() * 2_000) };
  return { at, kind: 'room' };
}

function media(random: Random): MediaPlan {
  return {
    flips: 1 + Math.floor(random() * 3),
    flipsWhileRead: Math.floor(random() * 3),
    crashes: times(Math.floor(random() * 3), () => Math.floor(random() * 300)),
  };
}

function someBlocks(random: Random): BlockId[] {
  const chosen = WORLD_BLOCKS.filter(() => random() < 0.4);
  return chosen.length > 0 ? chosen : [pick(random, WORLD_BLOCKS)];
}

function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new TypeError('there is nothing to choose from');
  return chosen;
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
