/** What tells one process from all others, as far as the machine says. */
export type ProcessIdentity = {
  /** The machine: its name, and its id where it has one. */
  readonly host: string;
  /** The machine's uptime since its last start, by name. */
  readonly boot?: string;
  /** The namespace in which `pid` counts, where there are several, as with containers. */
  readonly namespace?: string;
  readonly pid: number;
  /** When the process started, in the machine's own terms: it tells a process from a later one with the same pid. */
  readonly start?: string;
};

/** What a lock needs to know about processes; injected, so that a test can own it. */
export interface ProcessFacts {
  readonly self: ProcessIdentity;
  /** Whether a process of this machine, boot and namespace is there; with its start where that can be had. */
  look(pid: number): { readonly running: boolean; readonly start?: string };
}

/**
 * Whether a process is provably gone (INV-10): its machine has started again since, its pid is free, or its pid belongs
 * to a process that started at another time. A stopped process is not gone, and neither is one that cannot be seen from
 * here: of another machine, or of another namespace of pids.
 */
export function isProvablyGone(holder: ProcessIdentity, facts: ProcessFacts): boolean {
  const { self } = facts;
  if (holder.host !== self.host) return false;
  if (holder.boot !== self.boot) return holder.boot !== undefined && self.boot !== undefined;
  if (holder.namespace !== self.namespace) return false;
  const found = facts.look(holder.pid);
  if (!found.running) return true;
  return holder.start !== undefined && found.start !== undefined && holder.start !== found.start;
}
