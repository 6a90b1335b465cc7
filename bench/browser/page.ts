import { BlockStorage, RawStorage, StorageRepo, type Durability, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { IndexedDBRawStorage } from '@blockstrata/indexeddb-storage';
import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import { fixedClock } from '../workload/fixed-clock.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { RecordingDriver } from '../workload/recording-driver.js';
import { runInFlight } from '../workload/run-in-flight.js';
import type { Transaction, Transactions } from '../workload/transactions.js';

/** What one run came to. */
export type Run = { readonly elapsedMs: number; readonly hash: string };

/** What the benchmark calls from outside. */
export type BenchPage = typeof benchPage;

declare global {
  var benchPage: BenchPage;
}

type Recorded = { readonly pend: readonly DriverWrite[]; readonly commit: readonly DriverWrite[] };

const KINDS = ['meta', 'rev', 'pend', 'trx', 'block', 'log'] as const;

type Workload = Transactions & { readonly recordedBefore: readonly Recorded[]; readonly recorded: readonly Recorded[] };

const workloads = new Map<string, Workload>();
let runs = 0;

function workloadOf(name: string): Workload {
  const workload = workloads.get(name);
  if (workload === undefined) throw new TypeError(`the workload ${name} was not prepared`);
  return workload;
}

function freshName(): string {
  return `bench-${Date.now()}-${runs++}`;
}

function nativeKey({ key }: DriverWrite): IDBValidKey {
  if (key.kind === 'meta') return key.blockId;
  if (key.kind === 'log') return key.seq;
  return [key.blockId, key.kind === 'rev' ? key.rev : key.trxId];
}

async function openBare(name: string): Promise<IDBPDatabase> {
  return openDB(name, 1, {
    upgrade: db => {
      for (const kind of KINDS) db.createObjectStore(kind);
    },
  });
}

/** As the documentation of `idb` has it: one transaction, all requests at once, then `done`. */
async function writeBare(db: IDBPDatabase, batch: readonly DriverWrite[], durability: Durability): Promise<void> {
  const kinds = [...new Set(batch.map(write => write.key.kind))];
  const trx = db.transaction(kinds, 'readwrite', { durability });
  await Promise.all([
    ...batch.map(write => {
      const store = trx.objectStore(write.key.kind);
      return write.value === undefined ? store.delete(nativeKey(write)) : store.put(write.value, nativeKey(write));
    }),
    trx.done,
  ]);
}

/** A digest over all records but the log, whose order depends on who came first. */
async function hashOf(db: IDBPDatabase): Promise<string> {
  const parts: string[] = [];
  for (const kind of KINDS.filter(each => each !== 'log')) {
    const keys = await db.getAllKeys(kind);
    const values = (await db.getAll(kind)) as Uint8Array<ArrayBuffer>[];
    for (const [i, key] of keys.entries()) parts.push(`${kind} ${JSON.stringify(key)} ${await digest(values[i]!)}`);
  }
  return (await digest(new TextEncoder().encode(parts.join('\n')))).slice(0, 16);
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join('');
}

function openOurs(name: string, durability: Durability): { storage: IndexedDBRawStorage; repo: StorageRepo } {
  const storage = new IndexedDBRawStorage(name, { durability, clock: fixedClock });
  return { storage, repo: new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage }) };
}

async function time(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const benchPage = {
  /** Has our engine write the transactions once, in memory, to see the records that they come to. */
  async prepare(name: string, { before, timed }: Transactions): Promise<void> {
    const driver = new RecordingDriver('cbor');
    await using storage = new RawStorage(driver, { clock: fixedClock });
    const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
    const record = async (transactions: readonly Transaction[]): Promise<Recorded[]> => {
      const recorded: Recorded[] = [];
      for (const transaction of transactions) {
        await pendAndCommit(repo, transaction);
        const [pend = [], commit = []] = driver.takeBatches();
        recorded.push({ pend, commit });
      }
      return recorded;
    };
    const recordedBefore = await record(before);
    workloads.set(name, { before, timed, recordedBefore, recorded: await record(timed) });
  },

  async commitOurs(workload: string, durability: Durability, inFlight: number): Promise<Run> {
    const { before, timed } = workloadOf(workload);
    const name = freshName();
    const { storage, repo } = openOurs(name, durability);
    await storage.open();
    await runInFlight(before.length, 64, index => pendAndCommit(repo, before[index]!));
    const elapsedMs = await time(() =>
      runInFlight(timed.length, inFlight, index => pendAndCommit(repo, timed[index]!)),
    );
    await storage.close();
    const db = await openDB(name);
    const hash = await hashOf(db);
    db.close();
    await deleteDB(name);
    return { elapsedMs, hash };
  },

  async commitBare(workload: string, durability: Durability, inFlight: number): Promise<Run> {
    const { recordedBefore, recorded } = workloadOf(workload);
    const name = freshName();
    const db = await openBare(name);
    for (const { pend, commit } of recordedBefore) await writeBare(db, [...pend, ...commit], 'relaxed');
    const elapsedMs = await time(() =>
      runInFlight(recorded.length, inFlight, async index => {
        await writeBare(db, recorded[index]!.pend, durability);
        await writeBare(db, recorded[index]!.commit, durability);
      }),
    );
    const hash = await hashOf(db);
    db.close();
    await deleteDB(name);
    return { elapsedMs, hash };
  },

  /** Reads the tips of all blocks `rounds` times, one after the other, once they have been read before. */
  async readOurs(workload: string, rounds: number): Promise<Run> {
    const name = freshName();
    const { storage, repo } = openOurs(name, 'relaxed');
    const { timed } = workloadOf(workload);
    await runInFlight(timed.length, 64, index => pendAndCommit(repo, timed[index]!));
    const ids = timed.map(({ commit }) => commit.blockIds[0]!);
    let found = 0;
    const readAll = async () => {
      for (const id of ids) {
        const { [id]: result } = await repo.get({ blockIds: [id] });
        if (result?.block?.header.id === id) found++;
      }
    };
    await readAll();
    const elapsedMs = await time(async () => {
      for (let round = 0; round < rounds; round++) await readAll();
    });
    await storage.close();
    await deleteDB(name);
    return { elapsedMs: elapsedMs / rounds, hash: String(found / (rounds + 1)) };
  },

  /** Gets the materialised blocks, one after the other: the bytes only, nothing decoded. */
  async readBare(workload: string): Promise<Run> {
    const name = freshName();
    const db = await openBare(name);
    const blocks = workloadOf(workload).recorded.flatMap(({ commit }) =>
      commit.filter(({ key }) => key.kind === 'block'),
    );
    await writeBare(db, blocks, 'relaxed');
    let found = 0;
    const elapsedMs = await time(async () => {
      for (const block of blocks) if ((await db.get('block', nativeKey(block))) instanceof Uint8Array) found++;
    });
    db.close();
    await deleteDB(name);
    return { elapsedMs, hash: String(found) };
  },
};

globalThis.benchPage = benchPage;
