import type { Libp2p } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { RawStorage, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { fixedClock } from '../workload/fixed-clock.js';
import { openFrame, payloadOf, rebuiltKey, sealFrame, sealPayload } from '../bare/frame.js';
import { RecordingDriver } from '../workload/recording-driver.js';
import { walkItems } from './item-walk.js';
import { HISTORY_PROTOCOL } from './node.js';

/** A record that the bare program is told to write. */
type Told = {
  readonly key: DriverWrite['key'];
  /** To be encoded; the bytes of a copy, which is put together from what arrived; nothing for a transaction, which arrives. */
  readonly record: object | Uint8Array | undefined;
};

/** What a restoration into an empty store writes. */
export async function recordRestore(restore: (storage: RawStorage) => Promise<void>): Promise<Told[]> {
  const driver = new RecordingDriver('cbor');
  await using storage = new RawStorage(driver, { clock: fixedClock });
  await restore(storage);
  const writes = driver.takeBatches().flat();
  return writes.flatMap(({ key, value }): Told[] => {
    if (value === undefined) return [];
    if (key.kind === 'trx') return [{ key, record: undefined }];
    return [{ key, record: key.kind === 'block' ? payloadOf(value) : openFrame(key.encoded, value) }];
  });
}

/**
 * What the format costs by itself: a stream of the history, each revision found in it and to link to the next, its texts to
 * be well-formed; then the records, sealed one by one, in a Map. It replays nothing, and is told what to write.
 */
export async function bareRestore(
  node: Libp2p,
  addresses: Multiaddr[],
  records: readonly Told[],
): Promise<{ readonly revisions: number; readonly stored: ReadonlyMap<string, Uint8Array> }> {
  const stream = await node.dialProtocol(addresses, HISTORY_PROTOCOL);
  const reader = new ChunkReader();
  const arrived = new Map<string, { readonly rev: number; readonly transform: Uint8Array }>();
  let next: number | null | undefined;
  for await (const bytes of stream) {
    for (const chunk of reader.take(bytes.subarray())) {
      for (const { rev, base, trxId, start, end } of walkItems(chunk)) {
        if (next !== undefined && rev !== next) throw new RangeError(`revision ${rev} came where ${next} should have`);
        arrived.set(trxId, { rev, transform: chunk.subarray(start, end) });
        next = base;
      }
    }
  }
  await stream.close();
  const stored = new Map<string, Uint8Array>();
  for (const { key, record } of records) {
    const encoded = rebuiltKey(key);
    if (record instanceof Uint8Array) stored.set(encoded, sealPayload(encoded, [record]));
    else if (record !== undefined) stored.set(encoded, sealFrame(encoded, record));
    else if (key.kind === 'trx') stored.set(encoded, sealTransaction(encoded, arrived.get(key.trxId)));
  }
  return { revisions: arrived.size, stored };
}

// A map of two entries, the first of them under `transform`; and the key of the second with the head of 4 bytes.
const BEFORE = Buffer.from(`\xa2\x69transform`, 'latin1');
const BEHIND = Buffer.from(`\x63rev\x1a\0\0\0\0`, 'latin1');

function sealTransaction(key: string, arrived: { rev: number; transform: Uint8Array } | undefined): Uint8Array {
  if (arrived === undefined) throw new RangeError('a transaction did not arrive');
  BEHIND.writeUInt32BE(arrived.rev, BEHIND.length - 4);
  return sealPayload(key, [BEFORE, arrived.transform, BEHIND]);
}

/** Cuts a stream into the chunks that it carries, each behind its length in four bytes. */
class ChunkReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  *take(part: Uint8Array): Iterable<Uint8Array> {
    this.#parts.push(part);
    this.#bytes += part.length;
    const first = this.#parts[0];
    if (this.#bytes < this.#wanted(first)) return;
    let rest = Buffer.concat(this.#parts);
    while (rest.length >= 4 && rest.length >= this.#wanted(rest)) {
      const end = this.#wanted(rest);
      yield rest.subarray(4, end);
      rest = rest.subarray(end);
    }
    this.#parts = [rest];
    this.#bytes = rest.length;
  }

  #wanted(first: Uint8Array | undefined): number {
    if (first === undefined || first.length < 4) return 4;
    return 4 + new DataView(first.buffer, first.byteOffset).getUint32(0, true);
  }
}
