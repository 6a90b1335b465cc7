import { InvalidRequestError } from '@blockstrata/db-core';
import { sha256 } from '#platform';
import type { LogEntry } from '../../storage/records.js';
import { encodeLogEntry } from '../repo/repo-answers.js';
import type { RepoClient } from '../repo/repo-client.js';
import { encodeCbor } from '../wire/encode-cbor.js';

/**
 * A place in the commit log of one store. Entries carry the digest of the one before them, so `digest` stands for all of
 * the log up to there: the log of another store, or of one that was wiped, has another at the same place.
 */
export type LogPosition = {
  /** The entry, from 1. */
  readonly seq: number;
  /** SHA-256 of the entry as it travels, in hexadecimal. */
  readonly digest: string;
};

/** The place of an entry. */
export function positionOf(entry: LogEntry): LogPosition {
  const digest = sha256(encodeCbor(encodeLogEntry(entry)));
  return { seq: entry.seq, digest: Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('') };
}

/** The log of the peer is not the one in which a position lies. */
export class OtherLogError extends InvalidRequestError {
  constructor() {
    super('from', 'lies in another log');
  }
}

/**
 * The entries of a peer's log behind a position (exclusive), which is found to lie in that log; one without a digest only
 * not to lie beyond its end.
 *
 * @throws OtherLogError · whatever {@link RepoClient.changes} throws.
 */
export async function* entriesBehind(
  client: RepoClient,
  position: LogPosition | number,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void> {
  const seq = typeof position === 'number' ? position : position.seq;
  const isKnown = typeof position !== 'number' && seq > 0;
  try {
    for await (const entry of client.changes({ from: isKnown ? seq - 1 : seq, signal })) {
      if (entry.seq > seq) yield entry;
      else if (isKnown && positionOf(entry).digest !== position.digest) throw new OtherLogError();
    }
  } catch (error) {
    if (error instanceof InvalidRequestError && error.path === 'from') throw new OtherLogError();
    throw error;
  }
}
