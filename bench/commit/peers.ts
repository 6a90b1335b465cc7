import type { Durability } from '@blockstrata/db-p2p/storage';
import { bareFiles } from '../bare/files.js';
import { bareLevel } from '../bare/level.js';
import { bareMemory } from '../bare/memory.js';
import { hyperbeeCommits } from '../peers/hyperbee.js';
import { lmdbCommits } from '../peers/lmdb.js';
import { sqliteCommits } from '../peers/sqlite.js';
import { obviousFiles } from '../stores/obvious-files.js';
import { rawLevel } from '../stores/raw-level.js';
import type { CommitPeer } from './commit-figure.js';

/** Who is compared with us on LevelDB; those who have nothing in flight only where nothing is. */
export async function levelPeers(durability: Durability, inFlight: number, hot: boolean): Promise<CommitPeer[]> {
  const peers: CommitPeer[] = [rawLevel(durability), bareLevel(durability), await lmdbCommits(durability)];
  if (inFlight > 1) return peers;
  peers.push(await sqliteCommits(durability));
  if (durability === 'relaxed' && !hot) peers.push(await hyperbeeCommits());
  return peers;
}

/** Who is compared with us in memory: LevelDB, relaxed, one after the other, which would be the next best. */
export async function memoryPeers(): Promise<CommitPeer[]> {
  return [{ ...rawLevel('relaxed'), inFlight: 1 }, bareMemory()];
}

/** Who is compared with us on files. */
export async function filePeers(durability: Durability, obviousTransactions: number): Promise<CommitPeer[]> {
  const obvious = obviousFiles(durability, obviousTransactions);
  return durability === 'strict' ? [obvious, bareFiles()] : [obvious];
}
