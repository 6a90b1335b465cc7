/** What a world did that it must not do. */
export class WorldProblem extends Error {
  override readonly name = 'WorldProblem';
}

/** Says what is wrong. */
export function wrong(problem: string): never {
  throw new WorldProblem(problem);
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new WorldProblem(String(thrown));
}
