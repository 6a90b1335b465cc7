import type { IRawStorage } from '../storage/raw-storage.js';
import type { RecordKey } from '../storage/driver/record-key.js';
import type { RawStorageOptions } from '../storage/kernel/raw-storage.js';

/** What a case may ask of a backend beyond the contract; a case whose need is not met is shown as skipped. */
export type Need = 'persistence' | 'locking' | 'relaxed' | 'damage' | 'failing-reads' | 'failing-writes' | 'driver';

/** What a case works with. Every store that it opens is destroyed when it ends. */
export interface Workbench {
  /** A new, empty store, open. By default nothing is cached, so that every read reaches the engine. */
  open(options?: RawStorageOptions): Promise<IRawStorage>;
  /** Closes a store and opens it again. */
  reopen(storage: IRawStorage, options?: RawStorageOptions): Promise<IRawStorage>;
  /** Opens a store again that was not closed, or was closed already. */
  openAgain(storage: IRawStorage, options?: RawStorageOptions): Promise<IRawStorage>;
  /** Damages a stored record behind the back of the store; gives back the store, opened again. */
  damage(storage: IRawStorage, key: RecordKey): Promise<IRawStorage>;
  /** From now on the engine below the store fails to read. */
  failReads(storage: IRawStorage): Promise<void>;
  /** The engine below the store fails in the midst of its next write. */
  failNextWrite(storage: IRawStorage): Promise<void>;
}

/** One case of the suite. */
export type ConformanceCase = {
  readonly group: string;
  readonly name: string;
  readonly needs: readonly Need[];
  readonly run: (bench: Workbench) => Promise<void>;
};

/** Collects the cases of one group: `cases('values')('holds …', async bench => { … })`. */
export function cases(group: string): CaseCollector {
  const collected: ConformanceCase[] = [];
  const add = (name: string, run: ConformanceCase['run'], needs: readonly Need[] = []) => {
    collected.push({ group, name, needs, run });
  };
  return Object.assign(add, { collected });
}

/** Adds cases to a group. */
export interface CaseCollector {
  (name: string, run: ConformanceCase['run'], needs?: readonly Need[]): void;
  readonly collected: readonly ConformanceCase[];
}
