/** What must come before what; finds a cycle where there is one. */
export class OrderGraph {
  readonly #names: string[] = [];
  readonly #next: { readonly to: number; readonly why: string }[][] = [];

  /** Adds something that happens. */
  add(name: string): number {
    this.#names.push(name);
    this.#next.push([]);
    return this.#names.length - 1;
  }

  /** Says that `from` comes before `to`. */
  before(from: number, to: number, why: string): void {
    this.#next[from]?.push({ to, why });
  }

  /** A cycle in words, or `undefined`; linear in what was added (Kahn, CACM 1962). */
  findCycle(): string | undefined {
    const waiting = this.#next.map(() => 0);
    for (const edges of this.#next) for (const { to } of edges) waiting[to] = (waiting[to] ?? 0) + 1;
    const ready = waiting.flatMap((count, node) => (count === 0 ? [node] : []));
    for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
      for (const { to } of this.#next[node] ?? []) {
        waiting[to] = (waiting[to] ?? 0) - 1;
        if (waiting[to] === 0) ready.push(to);
      }
    }
    const start = waiting.findIndex(count => count > 0);
    return start === -1 ? undefined : this.#describe(start, waiting);
  }

  /** Walks back from a node that is left: everything that is left has something left before it. */
  #describe(start: number, waiting: readonly number[]): string {
    const previous = new Map<number, { from: number; why: string }>();
    this.#next.forEach((edges, from) => {
      if ((waiting[from] ?? 0) > 0) for (const { to, why } of edges) previous.set(to, { from, why });
    });
    const visited: number[] = [];
    let node = start;
    while (!visited.includes(node)) {
      visited.push(node);
      node = previous.get(node)?.from ?? node;
    }
    const cycle = visited.slice(visited.indexOf(node));
    return cycle.map(at => `${this.#names[at]} [${previous.get(at)?.why}]`).join('\n  after ');
  }
}
