import { StorageIoError, StoreBlockedError, StoreFormatError, type Clock } from '@blockstrata/db-core';
import { openDB, unwrap, type IDBPDatabase } from 'idb';
import { Deadline } from './deadline.js';
import { LiveDatabase } from './live-database.js';
import { createStores, hasStores, SCHEMA_VERSION } from './schema.js';

const RETRY_MS_MIN = 10;
const RETRY_MS_MAX = 1_000;

/** How to open a database. */
export type OpenDatabaseOptions = {
  /** `false`: one that is not there stays so. */
  create: boolean;
  /** How long the browser may keep the open waiting. */
  blockedTimeoutMs: number;
  clock: Clock;
  /** The browser closed the connection on its own. */
  onTerminated: (database: LiveDatabase) => void;
  /** Another tab wants to delete the database (`undefined`), or to make a newer version of it. */
  onVersionChange: (database: LiveDatabase, newVersion: number | undefined) => void;
};

/**
 * A connection to a database of this layout; `undefined` where there is none and none is to be made.
 *
 * @throws StoreBlockedError · StoreFormatError · StorageIoError
 */
export async function openDatabase(name: string, options: OpenDatabaseOptions): Promise<LiveDatabase | undefined> {
  const { clock, blockedTimeoutMs } = options;
  // An open that queues behind another tab's deletion or upgrade hears nothing at all, not even `blocked`.
  const deadline = new Deadline(clock, blockedTimeoutMs, () => new StoreBlockedError(name, blockedTimeoutMs));
  try {
    for (let pauseMs = RETRY_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, RETRY_MS_MAX)) {
      const database = await deadline.orElse(connect(name, options), late => late !== 'again' && late?.close());
      if (database !== 'again') return database;
      await deadline.orElse(new Promise<void>(resolve => clock.after(pauseMs, resolve)));
    }
  } finally {
    deadline.callOff();
  }
}

async function connect(name: string, options: OpenDatabaseOptions): Promise<LiveDatabase | 'again' | undefined> {
  let missing = false;
  const connected: { database?: LiveDatabase } = {};
  let opened: IDBPDatabase;
  try {
    opened = await openDB(name, SCHEMA_VERSION, {
      upgrade(upgrading, _oldVersion, _newVersion, trx) {
        trx.done.catch(() => undefined);
        missing = !options.create;
        // The browser then drops the database that it was about to make.
        if (missing) trx.abort();
        else createStores(upgrading);
      },
      blocking: (_current, newVersion) => {
        if (connected.database !== undefined) options.onVersionChange(connected.database, newVersion ?? undefined);
      },
      terminated: () => {
        if (connected.database !== undefined) options.onTerminated(connected.database);
      },
    });
  } catch (cause) {
    if (missing) return undefined;
    // So an open fails that meets the browser tearing down what it has closed by force.
    if (cause instanceof DOMException && cause.name === 'AbortError') return 'again';
    if (cause instanceof DOMException && cause.name === 'VersionError') {
      throw new StoreFormatError(name, `is a database of a version above ${SCHEMA_VERSION}`, { cause });
    }
    throw new StorageIoError(`open ${name}`, { cause });
  }
  const db = unwrap(opened);
  if (!hasStores(db)) {
    db.close();
    throw new StoreFormatError(name, 'is a database of another layout');
  }
  return (connected.database = new LiveDatabase(db));
}
