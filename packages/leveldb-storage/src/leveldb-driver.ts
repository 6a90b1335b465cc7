import { readdir, stat } from 'node:fs/promises';
import { resolve, join } from 'node:path';
import { StoreClosedError } from '@blockstrata/db-core';
import type {
  DriverLoss,
  DriverOpened,
  DriverOpenOptions,
  DriverSupports,
  DriverWrite,
  MaybePromise,
  RecordKey,
  ScanPage,
  ScanRange,
  StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { replaceFile } from './durable-files.js';
import { sealLogs } from './engine-files/closed-logs.js';
import { toStorageError, withStorageErrors } from './level-errors.js';
import { LevelReader } from './level-reader.js';
import { openStore, type OpenedStore } from './opening.js';
import { resolveLevelDBOptions, type LevelDBOptions } from './options.js';
import { headerPath } from './store-directory.js';
import { unlessGone } from './system-errors.js';

const SYNC = { sync: true } as const;
const NO_SYNC = { sync: false } as const;

// abstract-level spreads what it is given into the step that it makes. From an object of all its fields V8 makes that in
// one copy of some 80 bytes; from one with fewer it takes ten times the memory and five times the time.
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
const PUT = { type: 'put', key: '', value: new Uint8Array(0), ...ENCODINGS } as const;
const DELETE = { type: 'del', key: '', keyEncoding: ENCODINGS.keyEncoding } as const;

/**
 * A {@link StoreDriver} on LevelDB: records lie under {@link RecordKey.encoded}, in one directory that is LevelDB's own
 * but for the header beside it.
 *
 * @example
 * ```ts
 * const driver = new LevelDBDriver('/var/lib/node/blocks', { blockCacheBytes: 64 * 1024 * 1024 });
 * const storage = new RawStorage(driver, { durability: 'strict' });
 * ```
 */
export class LevelDBDriver implements StoreDriver {
  readonly name: string;
  readonly supports: DriverSupports = { persistence: true, durability: ['strict', 'relaxed'], encoding: 'cbor' };
  readonly #directory: string;
  readonly #options: Required<LevelDBOptions>;
  #session: Session | undefined;

  /** @throws TypeError if `directory` is empty, or an option is out of its bounds. */
  constructor(directory: string, options: LevelDBOptions = {}) {
    if (typeof directory !== 'string' || directory === '') throw new TypeError('directory must be a non-empty string');
    this.name = directory;
    this.#directory = resolve(directory);
    this.#options = resolveLevelDBOptions(options);
  }

  /** Checks LevelDB's own files before LevelDB does; with `salvage`, what is damaged is given up and reported. */
  async open(options: DriverOpenOptions): Promise<DriverOpened> {
    return withStorageErrors('open the store', this.name, async () => {
      const store = await openStore({ ...options, directory: this.#directory, engine: this.#options });
      this.#session = { ...store, reader: new LevelReader(this.name, store.engine, store.guard, store.membership) };
      return { losses: store.losses };
    });
  }

  /**
   * The header goes down while the lock is held, and after LevelDB's logs: so a clean mark never names what is not on
   * disk, in a relaxed store neither.
   */
  async close(header: Uint8Array | undefined): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    await withStorageErrors('close the store', this.name, async () => {
      try {
        if (header !== undefined) {
          await sealLogs(session.path);
          await replaceFile(headerPath(session.path), header);
        }
      } finally {
        try {
          await session.membership?.close();
          await session.engine.close();
          // Where LevelDB failed to close, it has its lock, which a second opening in this process could drop.
          session.release();
        } finally {
          await session.watch?.close();
        }
      }
    });
  }

  get(key: RecordKey): Uint8Array | undefined {
    return this.#opened().reader.get(key);
  }

  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]> {
    return this.#opened().reader.getMany(keys);
  }

  async scan(range: ScanRange): Promise<ScanPage> {
    return this.#opened().reader.scan(range);
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    const session = this.#opened();
    const { membership } = session;
    session.reader.batchUnderWay = true;
    try {
      // Chained, a batch takes about half the time of an array, whose every step LevelDB's JavaScript side copies.
      const batch = session.engine.batch();
      for (const { key, value } of writes) {
        if (value === undefined) batch.del(key.encoded, DELETE);
        else {
          membership?.add(key);
          batch.put(key.encoded, value, PUT);
        }
      }
      await batch.write(session.watch === undefined ? NO_SYNC : SYNC);
      membership?.settle();
      if (session.watch?.isBehind() === true) await session.watch.sync();
    } catch (error) {
      throw toStorageError(error, 'write a batch', this.name);
    } finally {
      session.reader.batchUnderWay = false;
    }
  }

  async inspect(): Promise<readonly DriverLoss[]> {
    const { reader } = this.#opened();
    return withStorageErrors('check the tables', this.name, () => reader.inspect());
  }

  async size(): Promise<number> {
    const { path } = this.#opened();
    return withStorageErrors('measure the store', this.name, () => directoryBytes(path));
  }

  #opened(): Session {
    if (this.#session === undefined) throw new StoreClosedError(this.name);
    return this.#session;
  }
}

type Session = OpenedStore & { readonly reader: LevelReader };

async function directoryBytes(path: string): Promise<number> {
  const names = await readdir(path);
  const sizes = await Promise.all(names.map(async name => (await stat(join(path, name)).catch(unlessGone))?.size ?? 0));
  return sizes.reduce((total, size) => total + size, 0);
}
