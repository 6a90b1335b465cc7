import { open, readFile, type FileHandle } from 'node:fs/promises';
import { CorruptRecordError, StorageIoError, StoreClosedError, StoreMissingError } from '@blockstrata/db-core';
import * as storage from '@blockstrata/db-p2p/storage';

type Line = { header?: string; writes?: [key: string, value: string | null][] };

/** A complete backend: each write is one line of one file, synced. What is held is in memory as well. */
export class OneFileDriver implements storage.StoreDriver {
  readonly supports: storage.DriverSupports = { persistence: true, durability: ['strict'], encoding: 'cbor' };
  readonly #records = new Map<string, Uint8Array>();
  #header: Uint8Array | undefined;
  #file: FileHandle | undefined;

  constructor(readonly name: string) {}

  async open(options: storage.DriverOpenOptions) {
    const text = await readFile(this.name, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw new StorageIoError('read', { cause });
    });
    if (text === undefined && !options.create) throw new StoreMissingError(this.name);
    // A last line without its end was never acknowledged.
    const whole = text?.slice(0, text.lastIndexOf('\n') + 1) ?? '';
    try {
      for (const line of whole.split('\n').slice(0, -1)) this.#apply(JSON.parse(line) as Line);
    } catch (cause) {
      throw new CorruptRecordError(this.name, 'it has a line that cannot be read', { cause });
    }
    const header = toBase64(options.admit(this.#header).bytes);
    this.#file = await open(this.name, 'a+');
    await this.#file.truncate(Buffer.byteLength(whole));
    await this.#append({ header });
    return { losses: [] };
  }

  async close(header: Uint8Array | undefined) {
    if (header !== undefined) await this.#append({ header: toBase64(header) });
    await this.#file?.close();
    this.#file = undefined;
  }

  get({ encoded }: storage.RecordKey) {
    this.#requireFile();
    return this.#records.get(encoded);
  }

  getMany = (keys: readonly storage.RecordKey[]) => keys.map(key => this.get(key));

  async scan({ kind, blockId, from = 0, to = Infinity, reverse, after, limit, keysOnly }: storage.ScanRange) {
    this.#requireFile();
    const prefix = storage.keyPrefix(kind, blockId);
    const isLeft = (key: string) => !after || (reverse ? key < after.encoded : key > after.encoded);
    const left = [...this.#records.keys()].filter(key => key.startsWith(prefix) && isLeft(key)).sort();
    const found: storage.DriverRecord[] = [];
    for (const encoded of reverse ? left.reverse() : left) {
      const key = storage.decodeKey(encoded);
      const value = this.#records.get(encoded);
      const number = key?.kind === 'rev' ? key.rev : key?.kind === 'log' ? key.seq : 0;
      if (key && value && number >= from && number <= to) found.push(keysOnly ? { key } : { key, value });
    }
    return { records: found.slice(0, limit), done: found.length <= limit };
  }

  async write(writes: readonly storage.DriverWrite[]) {
    await this.#append({ writes: writes.map(({ key, value }) => [key.encoded, value ? toBase64(value) : null]) });
  }

  async size() {
    return (await this.#requireFile().stat()).size;
  }

  /** One line is one write: it is there whole, or it is the torn end. */
  async #append(line: Line) {
    const file = this.#requireFile();
    try {
      await file.appendFile(`${JSON.stringify(line)}\n`);
      await file.sync();
    } catch (cause) {
      throw new StorageIoError('write', { cause });
    }
    this.#apply(line);
  }

  #apply({ header, writes = [] }: Line) {
    if (header !== undefined) this.#header = fromBase64(header);
    for (const [key, value] of writes) {
      if (value === null) this.#records.delete(key);
      else this.#records.set(key, fromBase64(value));
    }
  }

  #requireFile() {
    if (this.#file === undefined) throw new StoreClosedError(this.name);
    return this.#file;
  }
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
