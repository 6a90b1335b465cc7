/** Calls `run` for 0 to `count` - 1, so that `inFlight` of the calls are under way at any time. */
export async function runInFlight(
  count: number,
  inFlight: number,
  run: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, worker));
}
