import type { WorldPlan } from './plan.js';

/** What was left out of a plan, and what was tried for it. */
export type Shrunk = { readonly plan: WorldPlan; readonly tries: number };

// Another order of the turns may bring the same failure out with less.
const OTHER_SEEDS = [0, 1, 2, 3] as const;

/**
 * The smallest plan found that still fails: coordinators, errands, blocks, events and media faults are left out, one after
 * the other, for as long as that helps and there is time.
 */
export async function shrink(
  plan: WorldPlan,
  fails: (plan: WorldPlan) => Promise<boolean>,
  timeMs: number,
): Promise<Shrunk> {
  const until = performance.now() + timeMs;
  let smallest = plan;
  let tries = 0;
  const smaller = async (): Promise<WorldPlan | undefined> => {
    for (const candidate of candidatesOf(smallest)) {
      for (const other of OTHER_SEEDS) {
        if (performance.now() > until) return undefined;
        tries++;
        const tried = { ...candidate, seed: other === 0 ? candidate.seed : candidate.seed + other * 7_919 };
        if (await fails(tried)) return tried;
      }
    }
    return undefined;
  };
  for (let next = await smaller(); next !== undefined; next = await smaller()) smallest = next;
  return { plan: smallest, tries };
}

/** Every plan with one thing less, the large things first. */
function* candidatesOf(plan: WorldPlan): Iterable<WorldPlan> {
  const { coordinators, events, media } = plan;
  if (media !== undefined) yield { ...plan, media: undefined };
  for (let i = 0; i < coordinators.length; i++) yield { ...plan, coordinators: without(coordinators, i) };
  for (let i = 0; i < events.length; i++) yield { ...plan, events: without(events, i) };
  for (const [i, errands] of coordinators.entries()) {
    for (let j = errands.length - 1; j >= 0; j--) {
      yield { ...plan, coordinators: coordinators.with(i, without(errands, j)) };
    }
  }
  for (const [i, errands] of coordinators.entries()) {
    for (const [j, errand] of errands.entries()) {
      if (errand.kind === 'refresh' || errand.blockIds.length < 2) continue;
      for (let k = 0; k < errand.blockIds.length; k++) {
        const less = { ...errand, blockIds: without(errand.blockIds, k) };
        yield { ...plan, coordinators: coordinators.with(i, errands.with(j, less)) };
      }
    }
  }
  if (media === undefined) return;
  if (media.flips > 0) yield { ...plan, media: { ...media, flips: media.flips - 1 } };
  if (media.flipsWhileRead > 0) yield { ...plan, media: { ...media, flipsWhileRead: media.flipsWhileRead - 1 } };
  for (let i = 0; i < media.crashes.length; i++) {
    yield { ...plan, media: { ...media, crashes: without(media.crashes, i) } };
  }
}

function without<T>(items: readonly T[], index: number): readonly T[] {
  return items.filter((_, i) => i !== index);
}
