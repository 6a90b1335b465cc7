import { ClassicLevel } from 'classic-level';
import { toStorageError, withStorageErrors } from './level-errors.js';
import type { LevelDBOptions } from './options.js';

/** LevelDB with keys of UTF-8 and values of bytes. */
export type Engine = ClassicLevel<string, Uint8Array>;

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;

/**
 * Opens LevelDB, which takes its lock and replays its logs.
 *
 * @throws StoreLockedError · CorruptRecordError · StorageIoError
 */
export async function openEngine(path: string, name: string, options: Required<LevelDBOptions>): Promise<Engine> {
  const engine: Engine = new ClassicLevel<string, Uint8Array>(path, {
    ...ENCODINGS,
    writeBufferSize: options.writeBufferBytes,
    cacheSize: options.blockCacheBytes,
    maxOpenFiles: options.openFilesMax,
    compression: options.compression,
  });
  await withStorageErrors('open LevelDB', name, async () => {
    await engine.open();
    widenKeyBuffer(engine);
  });
  return engine;
}

// `getSync` of classic-level 3.0.0 writes keys to a buffer that it sizes by the first key. A longer key whose last character
// takes several bytes can be cut there without notice, and another record be read. So the first key is longer than any.
function widenKeyBuffer(engine: Engine): void {
  engine.getSync(' '.repeat(KEY_BYTES_ABOVE_ALL));
}

// A letter, and two ids of 256 bytes behind their lengths, come to 517 bytes.
const KEY_BYTES_ABOVE_ALL = 1024;

/**
 * Rejects if another process holds LevelDB's lock. LevelDB is told neither to make a database nor to open one, and looks
 * at the lock first; only its info log is written anew.
 *
 * @throws StoreLockedError
 */
export async function requireUnlocked(path: string, name: string): Promise<void> {
  const probe: Engine = new ClassicLevel<string, Uint8Array>(path, {
    ...ENCODINGS,
    createIfMissing: false,
    errorIfExists: true,
  });
  try {
    await probe.open();
  } catch (error) {
    const { cause } = Object(error) as { cause?: { code?: unknown } };
    if (cause?.code === 'LEVEL_LOCKED') throw toStorageError(cause, 'take the lock', name);
    return;
  }
  await probe.close();
}

/**
 * Has LevelDB rebuild its manifest from the tables and logs that it can read. It puts all of them on one level, where an
 * old table can hide a newer one: merged once, what is newest counts again.
 */
export async function rebuildEngine(path: string, name: string, options: Required<LevelDBOptions>): Promise<void> {
  await withStorageErrors('repair LevelDB', name, async () => {
    await ClassicLevel.repair(path);
    const engine = await openEngine(path, name, options);
    await engine.compactRange('', LAST_KEY);
    await engine.close();
  });
}

// Above every key of a record: they begin with a letter.
const LAST_KEY = '\u{10ffff}';
