import { createHash } from 'node:crypto';
import type { BlockId } from '@blockstrata/db-core';

/** What is read: the tips of blocks, or what they were at a revision. */
export type Query = {
  readonly blockIds: readonly BlockId[];
  readonly rev?: number;
  /** The transactions of the tips, for those who have nothing that would lead them there. */
  readonly tipTrxIds: readonly string[];
};

/** A store that is open for reading. */
export interface ReadSession {
  /** Reads as its users would, and waits for it. */
  read(query: Query): Promise<unknown>;
  /** What a read yields, as the blocks themselves. */
  blocks(query: Query): Promise<readonly unknown[]>;
  /** Brings what the queries need into the cache of the engine below, and into no other. */
  warmEngine?(queries: readonly Query[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads queries one after the other, and checks a few of the answers. */
export async function readAll(session: ReadSession, queries: readonly Query[]): Promise<void> {
  for (const query of queries) await session.read(query);
}

const COMPARED_QUERIES = 50;

/** A digest over what the first queries yield. */
export async function hashOfAnswers(session: ReadSession, queries: readonly Query[]): Promise<string> {
  const hash = createHash('sha256');
  for (const query of queries.slice(0, COMPARED_QUERIES)) hash.update(canonical(await session.blocks(query)));
  return hash.digest('hex').slice(0, 16);
}

/** JSON with its keys in order: their order is no part of a value. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}
