import { timed } from '../harness/timed.js';
import { hashOfAnswers, readAll, type Query, type ReadSession } from '../stores/reader.js';
import { openReader, type ReaderPlan } from './open-reader.js';

/** What is read, and what is warm before. */
export type ReadPlan = ReaderPlan & {
  /** Read before the time begins; for `warm` the very queries, so that every cache holds them. */
  readonly warmUps: readonly Query[];
  readonly queries: readonly Query[];
  /** Bring what is read into the cache of the engine below, not into ours. */
  readonly warmEngine: boolean;
};

/** What reading came to. */
export type ReadMeasurement = { readonly ms: number; readonly hash: string };

/** Opens a store, reads, and closes it; only the reads are timed. */
export async function measureReads(plan: ReadPlan): Promise<ReadMeasurement> {
  const session = await openReader(plan, plan.queries);
  try {
    return await measureSession(session, plan);
  } finally {
    await session.close();
  }
}

/** Reads from a store that is open. */
export async function measureSession(
  session: ReadSession,
  { warmUps, queries, warmEngine }: Pick<ReadPlan, 'warmUps' | 'queries' | 'warmEngine'>,
): Promise<ReadMeasurement> {
  await readAll(session, warmUps);
  if (warmEngine) await session.warmEngine?.(queries);
  globalThis.gc?.();
  const ms = await timed(() => readAll(session, queries));
  return { ms, hash: await hashOfAnswers(session, queries) };
}

/** The task of a new process. */
export default measureReads;
