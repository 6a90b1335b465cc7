import type { RecordKey } from '../storage/driver/record-key.js';
import type { RawStorageOptions } from '../storage/kernel/raw-storage.js';
import type { IRawStorage } from '../storage/raw-storage.js';
import { ConformanceError } from './assertions.js';
import type { Workbench } from './case.js';
import type { ConformanceOptions } from './suite.js';

/** Opens the stores of one case, and removes them when it ends. */
export class StoreBench<S extends IRawStorage> implements Workbench {
  readonly #backend: ConformanceOptions<S>;
  /** Every object that the case opened, by the order of opening; several may be on one store. */
  readonly #opened = new Map<IRawStorage, { readonly storage: S; readonly options: RawStorageOptions }>();
  /** The last object on each store. */
  readonly #stores: S[] = [];

  constructor(backend: ConformanceOptions<S>) {
    this.#backend = backend;
  }

  async open(options: RawStorageOptions = {}): Promise<IRawStorage> {
    const full = { cacheBytesMax: 0, ...options };
    const storage = await this.#backend.open(full);
    this.#stores.push(storage);
    return this.#keep(storage, full);
  }

  async reopen(storage: IRawStorage, options?: RawStorageOptions): Promise<IRawStorage> {
    await storage.close();
    return this.openAgain(storage, options);
  }

  async openAgain(storage: IRawStorage, options?: RawStorageOptions): Promise<IRawStorage> {
    const old = this.#known(storage);
    const full = { ...old.options, ...options };
    return this.#replace(old.storage, await this.#backend.reopen(old.storage, full), full);
  }

  async damage(storage: IRawStorage, key: RecordKey): Promise<IRawStorage> {
    const { faults } = this.#backend;
    const old = this.#known(storage);
    if (faults?.damage === undefined) throw new ConformanceError('the backend declares no damage');
    return this.#replace(old.storage, await faults.damage(old.storage, key), old.options);
  }

  async failReads(storage: IRawStorage): Promise<void> {
    await this.#backend.faults?.failReads?.(this.#known(storage).storage);
  }

  async failNextWrite(storage: IRawStorage): Promise<void> {
    await this.#backend.faults?.failNextWrite?.(this.#known(storage).storage);
  }

  /** Closes and removes everything; what fails to close must not hide why the case failed. */
  async destroyAll(): Promise<void> {
    await Promise.allSettled([...this.#opened.keys()].map(storage => storage.close()));
    for (const storage of this.#stores) await this.#backend.destroy(storage);
  }

  async #keep(storage: S, options: RawStorageOptions): Promise<IRawStorage> {
    this.#opened.set(storage, { storage, options });
    await storage.open();
    return storage;
  }

  async #replace(old: S, fresh: S, options: RawStorageOptions): Promise<IRawStorage> {
    const index = this.#stores.indexOf(old);
    const opened = await this.#keep(fresh, options);
    this.#stores[index] = fresh;
    return opened;
  }

  #known(storage: IRawStorage): { readonly storage: S; readonly options: RawStorageOptions } {
    const known = this.#opened.get(storage);
    if (known === undefined) throw new ConformanceError('this store was not opened by the case');
    return known;
  }
}
