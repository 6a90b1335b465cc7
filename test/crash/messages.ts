import type { Durability } from '@blockstrata/db-p2p/storage';

/** The backends that live in processes. */
export type Backend = 'file' | 'leveldb';

/** Breakages of the child, which the checks must notice. */
export type Bug = 'acknowledge-early' | 'half-a-batch' | 'drop-a-batch' | 'leave-out-the-sync';

/** What a child is started with. */
export type ChildTask = {
  readonly backend: Backend;
  readonly directory: string;
  readonly durability: Durability;
  readonly seed: number;
  /** Names the transactions of this child. */
  readonly round: number;
  /** Revisions up to here are taken. */
  readonly revTaken: number;
  /** Closes the store after this time, with calls under way. */
  readonly closeAfterMs?: number | undefined;
  readonly bug?: Bug | undefined;
};

/**
 * What a child tells, one JSON array a line. It tells what it asks for before it asks, and what it was acknowledged as
 * soon as it was: so what was not acknowledged can have happened or not.
 */
export type Message =
  | readonly ['opening']
  | readonly ['open']
  | readonly ['closing']
  | readonly ['closed']
  | readonly ['pend', trxId: string, blockIds: readonly string[]]
  | readonly ['pended', trxId: string]
  | readonly ['commit', trxId: string, rev: number]
  | readonly ['committed', trxId: string]
  | readonly ['cancel', trxId: string]
  | readonly ['cancelled', trxId: string]
  | readonly ['failed', what: string];

/** The messages in what a child wrote; a line that the kill cut off is none. */
export function parseMessages(text: string): Message[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.map(line => JSON.parse(line) as Message);
}
