import { StorageIoError, StoreBlockedError, StoreFormatError, type Clock } from '@blockstrata/db-core';
import { openDB, unwrap, type IDBPDatabase } from 'idb';
import { LiveDatabase } from './live-database.js';
import { createStores, hasStores, SCHEMA_VERSION } from './schema.js';

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
  return withinDeadline(name, options, connect(name, options));
}

async function connect(name: string, options: OpenDatabaseOptions): Promise<LiveDatabase | undefined> {
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

// An open that queues behind another tab's deletion or upgrade hears nothing at all, not even `blocked`.
async function withinDeadline(
  name: string,
  { blockedTimeoutMs, clock }: OpenDatabaseOptions,
  opening: Promise<LiveDatabase | undefined>,
): Promise<LiveDatabase | undefined> {
  let late = false;
  let callOff = (): void => undefined;
  const deadline = new Promise<never>((_, reject) => {
    callOff = clock.after(blockedTimeoutMs, () => {
      late = true;
      reject(new StoreBlockedError(name, blockedTimeoutMs));
    });
  });
  opening.then(
    database => late && database?.close(),
    () => undefined,
  );
  return Promise.race([opening, deadline]).finally(() => callOff());
}
