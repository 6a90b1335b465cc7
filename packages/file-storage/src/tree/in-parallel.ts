/**
 * Runs `task` for each item, at most `parallelism` at a time; after a failure it begins no more, waits for those under
 * way, and rejects with the first.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  parallelism: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (failures.length === 0) {
      const next = iterator.next();
      if (next.done === true) return;
      try {
        await task(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: parallelism }, worker));
  if (failures.length > 0) throw failures[0];
}
