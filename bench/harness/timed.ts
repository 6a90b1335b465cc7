import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Names the directory for profiles; where it is not set nothing is profiled. Children inherit it. */
export const PROFILE_DIRECTORY_VARIABLE = 'BLOCKSTRATA_BENCH_PROFILES';

const SAMPLING_INTERVAL_US = 200;

let profiles = 0;

/** Milliseconds that `work` takes. Where a directory for profiles is set, it leaves a `.cpuprofile` of just this time. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const directory = process.env[PROFILE_DIRECTORY_VARIABLE];
  const stop = directory === undefined ? undefined : await startProfile(directory);
  const begun = performance.now();
  await work();
  const elapsedMs = performance.now() - begun;
  await stop?.();
  return elapsedMs;
}

async function startProfile(directory: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${process.pid}-${profiles++}.cpuprofile`), JSON.stringify(profile));
  };
}
