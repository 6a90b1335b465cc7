import { BlockstrataError, QuotaExceededError, StorageIoError, type IBlock } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { IndexedDBRawStorage, type IndexedDBRawStorageOptions } from '../../../src/index.js';
import { createStores, HEADER_KEY, HEADER_STORE } from '../../../src/schema.js';

/** An error, as it can leave the page. */
export type Failure = {
  name: string;
  code?: string;
  message: string;
  outcome?: string;
  usageBytes?: number | undefined;
  quotaBytes?: number | undefined;
};

/** What one writer left: the number of its last transaction, and the numbers of the marks that are there. */
export type WriterState = { last: number; marks: number[]; pendings: number };

/** What the tests call from outside. */
export type StorePage = typeof page;

declare global {
  var page: StorePage;
  /** Tells the test, outside, that a transaction was acknowledged. */
  function acknowledged(writer: number, transaction: number): Promise<void>;
}

const CUT_BLOCKS = 200;

let storage: IndexedDBRawStorage | undefined;
let repo: StorageRepo | undefined;
let failure: Failure | undefined;
let running = true;
let writing: Promise<unknown>[] = [];
const vanished: Failure[] = [];

function opened(): { storage: IndexedDBRawStorage; repo: StorageRepo } {
  if (storage === undefined || repo === undefined) throw new TypeError('the page has opened no store');
  return { storage, repo };
}

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return {
    name: error.name,
    message: error.message + (error.cause instanceof Error ? `: ${error.cause.name}: ${error.cause.message}` : ''),
    ...(error instanceof BlockstrataError ? { code: error.code } : {}),
    ...(error instanceof StorageIoError ? { outcome: error.outcome } : {}),
    ...(error instanceof QuotaExceededError ? { usageBytes: error.usageBytes, quotaBytes: error.quotaBytes } : {}),
  };
}

async function attempt(work: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

function blockOf(id: string, collectionId: string, fields: Record<string, unknown>): IBlock {
  return { header: { id, type: 'test', collectionId }, ...fields };
}

// Each transaction raises its writer's counter and leaves a mark of its own: a torn one shows.
async function transact(writer: number, transaction: number): Promise<void> {
  const { repo } = opened();
  const counter = `counter-${writer}`;
  const mark = `mark-${writer}-${transaction}`;
  const trxId = `trx-${writer}-${transaction}`;
  const inserts = { [mark]: blockOf(mark, counter, { transaction, payload: 'x'.repeat(300) }) };
  const transforms =
    transaction === 1
      ? { inserts: { ...inserts, [counter]: blockOf(counter, counter, { last: 1 }) } }
      : { inserts, updates: { [counter]: [['last', 0, 0, transaction] as [string, number, number, unknown]] } };
  const pended = await repo.pend({ trxId, rev: transaction, transforms, policy: 'c' });
  if (!pended.success) throw new TypeError(`pend failed: ${pended.reason}`);
  const committed = await repo.commit({ trxId, rev: transaction, blockIds: pended.blockIds });
  if (!committed.success) throw new TypeError(`commit failed: ${committed.reason}`);
}

async function write(writer: number): Promise<void> {
  const { repo } = opened();
  const id = `counter-${writer}`;
  const found = (await repo.get({ blockIds: [id] }))[id];
  let transaction = (found?.block?.['last'] as number | undefined) ?? 0;
  const pending = found?.state.pendings ?? [];
  // What an owner that died had pending stays so; the next owner of these writers drops it.
  for (const trxId of pending) {
    const number = Number(trxId.split('-')[2]);
    await repo.cancel({ trxId, blockIds: [id, `mark-${writer}-${number}`] });
  }
  while (running) {
    transaction++;
    await transact(writer, transaction);
    void acknowledged(writer, transaction);
  }
}

/** The content of many blocks, in large cuts: one read for each would take a killed browser's time again and again. */
async function readBlocks(blockIds: readonly string[]): Promise<(IBlock | undefined)[]> {
  const { repo } = opened();
  const blocks: (IBlock | undefined)[] = [];
  for (let at = 0; at < blockIds.length; at += CUT_BLOCKS) {
    const cut = blockIds.slice(at, at + CUT_BLOCKS);
    const results = await repo.get({ blockIds: cut });
    blocks.push(...cut.map(id => results[id]?.block));
  }
  return blocks;
}

async function inspectWriter(writer: number, blockIds: readonly string[]): Promise<WriterState> {
  const id = `counter-${writer}`;
  const { block, state } = (await opened().repo.get({ blockIds: [id] }))[id]!;
  const marks = await readBlocks(blockIds.filter(blockId => blockId.startsWith(`mark-${writer}-`)));
  return {
    last: (block?.['last'] as number | undefined) ?? 0,
    marks: marks.flatMap(mark => (mark === undefined ? [] : [mark['transaction'] as number])).sort((a, b) => a - b),
    pendings: state.pendings?.length ?? 0,
  };
}

async function openRaw(name: string, upgrade?: (upgrading: IDBDatabase) => unknown): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => upgrade?.(request.result);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
}

function complete(trx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    trx.oncomplete = () => resolve();
    trx.onabort = () => reject(trx.error!);
  });
}

const page = {
  /** Opens a store; answers with the failure, if there is one. */
  async open(name: string, options: IndexedDBRawStorageOptions = {}): Promise<Failure | undefined> {
    const made = new IndexedDBRawStorage(name, { ...options, onVanished: error => vanished.push(describe(error)) });
    const failed = await attempt(() => made.open());
    if (failed !== undefined) return failed;
    storage = made;
    repo = new StorageRepo(blockId => new BlockStorage(blockId, made), { storage: made });
    return undefined;
  },

  /** Lets writers write until something fails. Each has one transaction in flight. */
  write(writers: number): void {
    running = true;
    writing = Array.from({ length: writers }, (_, writer) =>
      write(writer).catch((error: unknown) => (failure = describe(error))),
    );
  },

  /** Ends the writing; resolves when the last transactions are through. */
  async stop(): Promise<void> {
    running = false;
    await Promise.all(writing);
  },

  async close(): Promise<Failure | undefined> {
    return attempt(async () => storage?.close());
  },

  /** The failure that ended the writing, if one did, and what the page was told of the store's going. */
  failures(): { writing: Failure | undefined; vanished: readonly Failure[] } {
    return { writing: failure, vanished };
  },

  async inspect(writers: number): Promise<WriterState[]> {
    const blockIds: string[] = [];
    for await (const blockId of opened().storage.listBlockIds()) blockIds.push(blockId);
    return Promise.all(Array.from({ length: writers }, (_, writer) => inspectWriter(writer, blockIds)));
  },

  /** Violations that `verify()` finds. */
  async violations(): Promise<string[]> {
    const report = await opened().repo.verify();
    return report.violations.map(violation => `${violation.kind}: ${violation.problem}`);
  },

  /** Commits a block of `bytes` bytes that do not compress, at revision `rev`. */
  async commitBlock(id: string, rev: number, bytes: number): Promise<Failure | undefined> {
    const content = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
    const block = blockOf(id, id, { content });
    const trxId = `${id}-${rev}`;
    return attempt(async () => {
      await opened().repo.pend({ trxId, rev, transforms: { inserts: { [id]: block } }, policy: 'c' });
      await opened().repo.commit({ trxId, rev, blockIds: [id] });
    });
  },

  /** The bytes of content that a read of a block finds. */
  async contentBytes(id: string): Promise<number | undefined> {
    const { block } = (await opened().repo.get({ blockIds: [id] }))[id]!;
    return (block?.['content'] as Uint8Array | undefined)?.length;
  },

  /** Fills, or empties, a database that has nothing to do with the store. */
  async fillOther(bytes: number): Promise<Failure | undefined> {
    const db = await openRaw('other', upgrading => upgrading.createObjectStore('s'));
    return attempt(async () => {
      const trx = db.transaction('s', 'readwrite');
      for (let at = 0; at < bytes; at += 65_536)
        trx.objectStore('s').put(crypto.getRandomValues(new Uint8Array(65_536)), at);
      await complete(trx);
    }).finally(() => db.close());
  },

  async deleteDatabase(name: string): Promise<void> {
    const request = indexedDB.deleteDatabase(name);
    await new Promise<void>((resolve, reject) => {
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error!);
    });
  },

  /** Makes a database of the layout of a store, with a header that no store has. */
  async makeEmptyStore(name: string): Promise<void> {
    const db = await openRaw(name, upgrading => createStores(upgrading));
    const trx = db.transaction(HEADER_STORE, 'readwrite');
    trx.objectStore(HEADER_STORE).put(Uint8Array.of(1), HEADER_KEY);
    await complete(trx);
    db.close();
  },

  /** How many records there are in a database, its header counted. */
  async recordCount(name: string): Promise<number> {
    const db = await openRaw(name);
    const trx = db.transaction([...db.objectStoreNames]);
    const counts = [...db.objectStoreNames].map(store => trx.objectStore(store).count());
    await complete(trx);
    db.close();
    return counts.reduce((sum, { result }) => sum + result, 0);
  },

  async databases(): Promise<string[]> {
    return (await indexedDB.databases()).map(database => database.name ?? '');
  },

  async room(): Promise<{ usageBytes: number | undefined; quotaBytes: number | undefined }> {
    return opened().storage.room();
  },

  async size(): Promise<number> {
    return opened().storage.estimateSize();
  },
};

globalThis.page = page;
