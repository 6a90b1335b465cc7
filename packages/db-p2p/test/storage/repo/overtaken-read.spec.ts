import type { IBlock } from '@blockstrata/db-core';
import {
  BlockStorage,
  MemoryDriver,
  RawStorage,
  StorageRepo,
  type DriverWrite,
  type RecordKey,
} from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';

/** A gate that holds whoever comes, once it is shut. */
class Gate {
  #isShut = false;
  #open: () => void = () => undefined;
  #arrived: () => void = () => undefined;

  /** Holds the next one; resolves when it is there. */
  shut(): Promise<void> {
    this.#isShut = true;
    return new Promise(resolve => (this.#arrived = resolve));
  }

  open(): void {
    this.#open();
  }

  async pass(): Promise<void> {
    if (!this.#isShut) return;
    this.#isShut = false;
    const opened = new Promise<void>(resolve => (this.#open = resolve));
    this.#arrived();
    await opened;
  }
}

/** A driver whose reads take their time, and whose writes can be seen a while before they resolve. */
function slowDriver(copies: Gate, written: Gate): MemoryDriver {
  const memory = new MemoryDriver();
  return new Proxy(memory, {
    get(_, name) {
      if (name === 'get') {
        return async (key: RecordKey) => {
          if (key.kind === 'block') await copies.pass();
          return memory.get(key);
        };
      }
      if (name === 'write') {
        return async (writes: readonly DriverWrite[]) => {
          await memory.write(writes);
          await written.pass();
        };
      }
      const value: unknown = Reflect.get(memory, name, memory);
      return typeof value === 'function' ? (value.bind(memory) as unknown) : value;
    },
  });
}

/** A store with nothing in its cache: `a` is titled "first" at revision 1, and t2 is pending, which makes that "second". */
async function storeWithPending(driver: MemoryDriver): Promise<{ storage: RawStorage; repo: StorageRepo }> {
  const storage = new RawStorage(driver);
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  const block: IBlock = { header: { id: 'a', type: 't', collectionId: 'a' }, title: 'first' };
  await repo.pend({ trxId: 't1', transforms: { inserts: { a: block } }, policy: 'f' });
  await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
  await repo.pend({ trxId: 't2', transforms: { updates: { a: [['title', -1, 0, 'second']] } }, policy: 'f' });
  await storage.close();
  await storage.open();
  return { storage, repo };
}

describe('a read that a commit overtakes', () => {
  it('finds the block, although the commit has taken its copy away and is not acknowledged yet (INV-2, INV-4)', async () => {
    const [copies, written] = [new Gate(), new Gate()];
    const { storage, repo } = await storeWithPending(slowDriver(copies, written));
    const atCopy = copies.shut();
    const reading = repo.get({ blockIds: ['a'], context: { rev: 5 } });
    await atCopy;
    const isWritten = written.shut();
    const committing = repo.commit({ trxId: 't2', blockIds: ['a'], rev: 2 });
    await isWritten;
    copies.open();
    const first = await Promise.race([
      reading.then(() => 'read'),
      new Promise(resolve => setImmediate(resolve, 'waits')),
    ]);
    expect(first).toBe('waits');
    written.open();
    expect(await committing).toEqual({ success: true });
    expect(await reading).toMatchObject({ a: { rev: 1, block: { title: 'first' }, state: { latest: { rev: 1 } } } });
    await storage.close();
  });

  it.each([
    ['cancelled', (repo: StorageRepo) => repo.cancel({ trxId: 't2', blockIds: ['a'] }), 'first', undefined],
    ['committed', (repo: StorageRepo) => repo.commit({ trxId: 't2', blockIds: ['a'], rev: 2 }), 'second', ['t2']],
  ])(
    'finds one cut where the transaction that it lays over was %s meanwhile (INV-2)',
    async (_what, end, title, pendings) => {
      const copies = new Gate();
      const { storage, repo } = await storeWithPending(slowDriver(copies, new Gate()));
      const atCopy = copies.shut();
      const reading = repo.get({ blockIds: ['a'], context: { trxId: 't2' } });
      await atCopy;
      await end(repo);
      copies.open();
      const { a } = await reading;
      expect(a).toMatchObject({ rev: 1, block: { title }, state: { latest: { rev: 1 } } });
      expect(a?.state.pendings).toEqual(pendings);
      await storage.close();
    },
  );
});
