import { BlockstrataError, type BlockId, type PendRequest, type TrxId } from '@blockstrata/db-core';
import type { Durability, LogEntry, StorageRepo } from '@blockstrata/db-p2p/storage';
import type { FileSystem } from '@blockstrata/file-storage';
import { simulatedStore, type SimulatedStore } from './file-store-on-disk.js';
import { seededRandom } from './seeded-random.js';
import type { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** One call of the workload: begun, and acknowledged, when the disk's trace was so long. */
export type RecordedCall = {
  readonly kind: 'pend' | 'commit' | 'cancel';
  readonly trxId: TrxId;
  readonly blockIds: readonly BlockId[];
  readonly begun: number;
  acknowledged?: number;
};

/** What a workload did. */
export type RecordedWorkload = {
  readonly calls: readonly RecordedCall[];
  /** Every commit, in order; `undefined` where calls failed, so that nobody knows. */
  readonly log: readonly LogEntry[] | undefined;
  readonly blockIds: readonly BlockId[];
};

/** How a workload is to run. */
export type WorkloadOptions = {
  readonly durability?: Durability;
  /** What the store sees of the disk: a seeded bug stands between the two. Default: the disk. */
  readonly fileSystem?: FileSystem;
  /** The disk fails: whatever rejects with an error of the library is noted as not acknowledged. Default false. */
  readonly isFaulty?: boolean;
  readonly rounds?: number;
};

const BLOCKS = ['a', 'b', 'Über', 'con', 'long'.repeat(60)] as const;
const LIVES = 2;
const ROUNDS = 5;

/**
 * Runs transactions on a store, three at a time, with checkpoints in between and a clean shutdown in the middle, and
 * records when each call was acknowledged. The seed decides everything.
 */
export async function runCrashWorkload(
  disk: SimulatedDisk,
  seed: number,
  { durability = 'strict', fileSystem = disk, isFaulty = false, rounds = ROUNDS }: WorkloadOptions = {},
): Promise<RecordedWorkload> {
  const random = seededRandom(seed);
  const calls: RecordedCall[] = [];
  const attempt = isFaulty ? typedOnly : runs;
  let rev = 0;
  let log: LogEntry[] | undefined;
  for (let life = 1; life <= LIVES; life++) {
    const store = simulatedStore(fileSystem, seed * LIVES + life, durability);
    const lengths = await attempt(() => readLengths(store));
    const recorder = new Recorder(disk, store.repo, calls, attempt);
    for (let round = 0; round < rounds && lengths !== undefined; round++) {
      const running = splitBlocks(random).map(blockIds => {
        rev++;
        const fate = random() < 0.2 ? 'cancel' : random() < 0.1 ? 'leave' : 'commit';
        return recorder.transact(`${fate}-${rev}`, rev, blockIds, fate, lengths);
      });
      if (random() < 0.4) store.clock.fire();
      if (random() < 0.2) store.clock.fire();
      await Promise.all(running);
    }
    log = isFaulty ? undefined : await readLog(store);
    await attempt(() => store.storage.close());
  }
  return { calls, log, blockIds: BLOCKS };
}

type Attempt = <T>(run: () => Promise<T>) => Promise<T | undefined>;

const runs: Attempt = run => run();

/** Failed I/O is told by errors of the library, whatever the disk does (INV-6). */
const typedOnly: Attempt = async run => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof BlockstrataError) return undefined;
    throw error;
  }
};

async function readLengths({ repo }: SimulatedStore): Promise<Map<BlockId, number>> {
  const found = await repo.get({ blockIds: [...BLOCKS] });
  const lengths = Object.entries(found).map(([id, { block }]): [BlockId, number] => {
    const trxs = block?.['trxs'];
    return [id, Array.isArray(trxs) ? trxs.length : 0];
  });
  return new Map(lengths);
}

/** All entries of a store's log. */
export async function readLog({ storage }: SimulatedStore): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of storage.readLog()) entries.push(entry);
  return entries;
}

/** Up to three disjoint sets of blocks. */
function splitBlocks(random: () => number): BlockId[][] {
  const sets: BlockId[][] = [[], [], []];
  for (const block of BLOCKS) {
    if (random() < 0.7) sets[Math.floor(random() * sets.length)]?.push(block);
  }
  return sets.filter(set => set.length > 0);
}

/** Makes calls, and notes when the disk had got where. */
class Recorder {
  readonly #disk: SimulatedDisk;
  readonly #repo: StorageRepo;
  readonly #calls: RecordedCall[];
  readonly #attempt: Attempt;

  constructor(disk: SimulatedDisk, repo: StorageRepo, calls: RecordedCall[], attempt: Attempt) {
    this.#disk = disk;
    this.#repo = repo;
    this.#calls = calls;
    this.#attempt = attempt;
  }

  /** Pends, then commits, cancels, or leaves the transaction pending. */
  async transact(
    trxId: TrxId,
    rev: number,
    blockIds: BlockId[],
    fate: 'commit' | 'cancel' | 'leave',
    lengths: Map<BlockId, number>,
  ): Promise<void> {
    const request = appendTo(blockIds, trxId, rev, lengths);
    const isPending = await this.#record('pend', trxId, blockIds, () => this.#repo.pend(request));
    if (!isPending || fate === 'leave') return;
    if (fate === 'cancel') {
      await this.#record('cancel', trxId, blockIds, async () => {
        await this.#repo.cancel({ trxId, blockIds });
        return { success: true };
      });
      return;
    }
    const isCommitted = await this.#record('commit', trxId, blockIds, () =>
      this.#repo.commit({ trxId, blockIds, rev }),
    );
    if (isCommitted) for (const blockId of blockIds) lengths.set(blockId, (lengths.get(blockId) ?? 0) + 1);
  }

  /** Whether the call was acknowledged. */
  async #record(
    kind: RecordedCall['kind'],
    trxId: TrxId,
    blockIds: BlockId[],
    run: () => Promise<{ success: boolean }>,
  ): Promise<boolean> {
    const call: RecordedCall = { kind, trxId, blockIds, begun: this.#disk.trace.length };
    this.#calls.push(call);
    const result = await this.#attempt(run);
    if (result?.success !== true) return false;
    call.acknowledged = this.#disk.trace.length;
    return true;
  }
}

/** A transaction that appends its own id to the list in each block; it makes the blocks that are not there. */
function appendTo(
  blockIds: readonly BlockId[],
  trxId: TrxId,
  rev: number,
  lengths: ReadonlyMap<BlockId, number>,
): PendRequest {
  const inserts: Record<BlockId, { header: { id: BlockId; type: string; collectionId: BlockId }; trxs: TrxId[] }> = {};
  const updates: NonNullable<PendRequest['transforms']['updates']> = {};
  for (const id of blockIds) {
    const length = lengths.get(id) ?? 0;
    if (length === 0) inserts[id] = { header: { id, type: 'list', collectionId: 'c' }, trxs: [trxId] };
    else updates[id] = [['trxs', length, 0, [trxId]]];
  }
  return { trxId, transforms: { inserts, updates }, rev, policy: 'c' };
}
