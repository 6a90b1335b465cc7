import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readClosedLogs, type ClosedLogs } from './closed-logs.js';
import { logNumberOf } from './file-names.js';
import { placeIn, type Finding } from './findings.js';
import type { DatabaseVersion } from './manifest.js';
import { readRecords } from './records.js';

// A batch begins with its first sequence number (8 bytes) and how many numbers it takes (4).
const BATCH_HEADER_BYTES = 12;

/**
 * Looks through the logs that LevelDB will replay, and changes nothing. Sequence numbers of batches leave no gap, so a
 * batch that is gone from between others shows, in one log and from one to the next. What is gone at the very end shows
 * only if the store was closed: otherwise it can be a tail that was never acknowledged.
 *
 * @returns the damage that LevelDB would pass over in silence, acknowledged batches with it.
 */
export async function findLogDamage(
  directory: string,
  names: readonly string[],
  version: DatabaseVersion,
): Promise<Finding[]> {
  const logs = new Map<number, string>();
  for (const name of names) {
    const number = logNumberOf(name);
    if (number !== undefined && number >= version.logNumber) logs.set(number, name);
  }
  const findings: Finding[] = [];
  if (version.logNumber > 0 && !logs.has(version.logNumber)) {
    findings.push({ record: `log ${version.logNumber}`, problem: 'it is missing', remedy: { kind: 'accept' } });
  }
  const noted = await readClosedLogs(directory);
  const closed: ClosedLogs = 'remedy' in noted ? new Map() : noted;
  if ('remedy' in noted) findings.push(noted);
  const walk = new BatchWalk(version.lastSequence + 1);
  for (const [, name] of [...logs].sort(([a], [b]) => a - b)) {
    const log = await readFile(join(directory, name));
    findings.push(...walk.through(name, log, closed.get(name)));
  }
  return findings;
}

/** Follows the sequence numbers of batches from one log to the next. */
export class BatchWalk {
  /** The highest number that the next batch can begin with. */
  #next: number;
  /** Damage that no batch has followed yet. */
  #damage: Finding | undefined;

  constructor(next: number) {
    this.#next = next;
  }

  /**
   * @param closedBytes how long the log was when the store was closed: then its end cannot be torn.
   * @returns damage that a batch of this log follows, in an earlier log too, or at an end that cannot be torn: one finding
   * at most.
   */
  through(name: string, log: Uint8Array, closedBytes?: number): Finding[] {
    const findings: Finding[] = [];
    let torn: Finding | undefined;
    for (const { batch, damage } of readBatches(log)) {
      if (batch === undefined) {
        const found = finding(name, damage.offset, damage.problem);
        torn ??= found;
        this.#damage ??= found;
        continue;
      }
      if (this.#damage !== undefined) findings.push(this.#damage);
      else if (batch.sequence > this.#next) {
        const gap = `the batches from sequence number ${this.#next} to ${batch.sequence - 1} are missing before it`;
        findings.push(finding(name, batch.offset, gap));
      }
      this.#damage = undefined;
      this.#next = batch.sequence + batch.count;
    }
    if (findings.length === 0 && closedBytes !== undefined) {
      if (log.length < closedBytes) torn = endsTooSoon(name, log, closedBytes);
      if (torn !== undefined) return [torn];
    }
    return findings.slice(0, 1);
  }
}

/** A batch in a log. */
export type Batch = {
  readonly offset: number;
  readonly sequence: number;
  readonly count: number;
  readonly payload: Uint8Array;
};

type Read = { batch: Batch; damage?: never } | { batch?: never; damage: { offset: number; problem: string } };

/** The batches of a log, and the damage between them, in order. */
export function* readBatches(log: Uint8Array): Generator<Read> {
  let last = 0;
  let damaged = false;
  for (const item of readRecords(log)) {
    if (item.kind === 'damage') {
      damaged = true;
      yield { damage: item };
      continue;
    }
    const { offset, payload } = item;
    if (payload.length < BATCH_HEADER_BYTES) {
      damaged = true;
      yield { damage: { offset, problem: 'a record is too short for a batch' } };
      continue;
    }
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const sequence = Number(view.getBigUint64(0, true));
    // Bytes inside a torn record can look like a record; a batch of this log would be newer than those before it.
    if (damaged && sequence <= last) continue;
    last = sequence;
    yield { batch: { offset, sequence, count: view.getUint32(8, true), payload } };
  }
}

function endsTooSoon(name: string, log: Uint8Array, closedBytes: number): Finding {
  return finding(name, log.length, `it ends here, and had ${closedBytes} bytes when the store was closed`);
}

function finding(name: string, offset: number, problem: string): Finding {
  return { record: placeIn(name, offset), problem, remedy: { kind: 'rewrite-log', name } };
}
