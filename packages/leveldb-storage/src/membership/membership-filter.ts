import type { RecordKey, RecordKind } from '@blockstrata/db-p2p/storage';
import { logsAreEmpty, readTablesInForce } from '../engine-files/tables-in-force.js';
import type { TableIndexes } from '../engine-files/table-indexes.js';
import { unlessSystemFailed } from '../system-errors.js';
import { StringFilter } from './string-filter.js';
import { TableFilters } from './table-filters.js';

/** How many filters of keys that may be in no table yet are kept: 4 MiB (INV-12). */
export const RECENT_FILTERS_MAX = 8;

/** Keys that were written since the filter before it was full. */
type Recent = {
  readonly keys: StringFilter;
  /** The number of the newest log that can hold one of the keys; known once the filter is full. */
  newestLog: number | undefined;
};

/**
 * Knows of keys that LevelDB holds nowhere, so that it need not be asked. LevelDB counts a read that looks into more than
 * one table against the first of them, and merges that table into the next level after about a hundred: so asking for what
 * is not there, as every insert must, has it write all of its tables again and again.
 *
 * What was written in this session is in filters of its own. What was written before is in tables, which have Bloom filters.
 * Once a filter is full, the tables of that moment's version take the place of filters whose keys all went into them.
 */
export class MembershipFilter {
  readonly #directory: string;
  readonly #indexes: TableIndexes;
  #tables: TableFilters;
  readonly #filterKeysMax: number | undefined;
  /** What is written now goes into this one, the last of `#recent`. */
  #growing: Recent;
  #recent: Recent[];
  #refreshing: Promise<void> | undefined;

  private constructor(
    directory: string,
    indexes: TableIndexes,
    tables: TableFilters,
    filterKeysMax: number | undefined,
  ) {
    this.#directory = directory;
    this.#indexes = indexes;
    this.#tables = tables;
    this.#filterKeysMax = filterKeysMax;
    this.#growing = { keys: new StringFilter(filterKeysMax), newestLog: undefined };
    this.#recent = [this.#growing];
  }

  /**
   * The filter of a database that was just opened, before anything is written. `undefined`: it cannot be told what the
   * tables hold.
   */
  static async open(
    directory: string,
    indexes: TableIndexes,
    filterKeysMax?: number,
  ): Promise<MembershipFilter | undefined> {
    try {
      const found = await readTablesInForce(directory);
      if (found === undefined || !(await logsAreEmpty(directory, found))) return undefined;
      return new MembershipFilter(directory, indexes, new TableFilters(found.tables, indexes), filterKeysMax);
    } catch (error) {
      return unlessSystemFailed(error);
    }
  }

  /** Whether LevelDB may hold a record; `false`: it does not. */
  mayHold({ kind, encoded }: RecordKey): boolean {
    if (!isLookedForInVain(kind)) return true;
    for (const { keys } of this.#recent) if (keys.mayHold(encoded)) return true;
    const mayHold = this.#tables.mayHold(encoded);
    if (this.#tables.isStale) this.#startRefresh();
    return mayHold;
  }

  /** Says that a record is about to be written. */
  add({ kind, encoded }: RecordKey): void {
    if (isLookedForInVain(kind)) this.#growing.keys.add(encoded);
  }

  /**
   * Says that every batch whose keys were added has been written, so that no later log can hold one of them: batches are
   * written one at a time.
   */
  settle(): void {
    if (!this.#growing.keys.isFull) return;
    // Where nothing is ever flushed, or read, the last one takes all, and lets more and more keys through.
    if (this.#recent.length < RECENT_FILTERS_MAX) {
      this.#growing = { keys: new StringFilter(this.#filterKeysMax), newestLog: undefined };
      this.#recent.push(this.#growing);
    }
    this.#startRefresh();
  }

  /** Resolves when no file is being read any more. */
  async close(): Promise<void> {
    await this.#refreshing;
  }

  #startRefresh(): void {
    // Where files cannot be read now, a later try reads them; LevelDB is only asked more often until then.
    this.#refreshing ??= this.#refresh(this.#recent.filter(recent => recent !== this.#growing))
      .catch(unlessSystemFailed)
      .finally(() => (this.#refreshing = undefined));
  }

  async #refresh(full: readonly Recent[]): Promise<void> {
    const found = await readTablesInForce(this.#directory);
    if (found === undefined) return;
    for (const recent of full) recent.newestLog ??= found.newestLog;
    const isFlushed = ({ newestLog = Number.POSITIVE_INFINITY }: Recent) => newestLog < found.unflushedFrom;
    this.#recent = this.#recent.filter(recent => !isFlushed(recent));
    this.#tables = new TableFilters(found.tables, this.#indexes);
  }
}

// The head of a block that is to be inserted, and whether a transaction was committed already. Of the other kinds, what is
// not there is seldom asked for.
function isLookedForInVain(kind: RecordKind): boolean {
  return kind === 'meta' || kind === 'trx';
}
