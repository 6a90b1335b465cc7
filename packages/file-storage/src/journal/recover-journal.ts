import type { DriverLoss } from '@blockstrata/db-p2p/storage';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import { judgeJournal } from './judge-journal.js';
import { readSegment } from './read-segment.js';
import { parseSegmentName, segmentName, type SegmentId } from './segment-name.js';

/** What a journal holds when its store is opened. */
export type RecoveredJournal = {
  /** Of all segments, in order. */
  readonly segments: readonly string[];
  /** The newest epoch that wrote to it. */
  readonly epoch: number;
  readonly seq: number;
  readonly payloads: readonly Uint8Array[];
  readonly losses: readonly DriverLoss[];
};

/**
 * Reads a journal and judges it; changes nothing (INV-9). Segments of an older epoch than the newest say nothing: an
 * epoch begins with a segment that holds all that survived, and appears complete.
 */
export async function recoverJournal(fileSystem: FileSystem, directory: string): Promise<RecoveredJournal> {
  const found = await listSegments(fileSystem, directory);
  const epoch = found.at(-1)?.epoch;
  const segments = found.map(segmentName);
  if (epoch === undefined) {
    const losses = [{ record: directory, problem: 'it holds no segment, and never is without one' }];
    return { segments, epoch: 0, seq: 0, payloads: [], losses };
  }
  const contents = [];
  for (const id of found.filter(segment => segment.epoch === epoch)) {
    const name = segmentName(id);
    contents.push(readSegment(name, await read(fileSystem, `${directory}/${name}`)));
  }
  return { segments, epoch, ...judgeJournal(contents) };
}

async function listSegments(fileSystem: FileSystem, directory: string): Promise<SegmentId[]> {
  let names: string[];
  try {
    names = await fileSystem.readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw ioFailure('read', directory, error);
  }
  return names
    .sort()
    .map(parseSegmentName)
    .filter(id => id !== undefined);
}

async function read(fileSystem: FileSystem, path: string): Promise<Buffer> {
  try {
    const bytes = await fileSystem.readFile(path);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (error) {
    throw ioFailure('read', path, error);
  }
}
