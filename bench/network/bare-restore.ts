import { decode } from 'cbor-x';
import type { Libp2p } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { RawStorage } from '@blockstrata/db-p2p/storage';
import { fixedClock } from '../workload/fixed-clock.js';
import { openRecords, rebuiltKey, sealFrame, type OpenRecord } from '../bare/frame.js';
import { RecordingDriver } from '../workload/recording-driver.js';
import { HISTORY_PROTOCOL } from './node.js';

type Item = readonly [
  rev: number,
  base: number,
  trxId: string,
  transform: { readonly updates?: readonly (readonly unknown[])[] },
];

/** The records that a restoration into an empty store writes. */
export async function recordRestore(restore: (storage: RawStorage) => Promise<void>): Promise<OpenRecord[]> {
  const driver = new RecordingDriver('cbor');
  await using storage = new RawStorage(driver, { clock: fixedClock });
  await restore(storage);
  return openRecords(driver.takeBatches().flat());
}

/**
 * What the format costs by itself: a stream of the history, decoded, each revision found to link to the next, its text to
 * be well-formed; then the records, sealed one by one, in a Map. It replays nothing, and is told what to write.
 */
export async function bareRestore(
  node: Libp2p,
  addresses: Multiaddr[],
  records: readonly OpenRecord[],
): Promise<{ readonly revisions: number; readonly stored: ReadonlyMap<string, Uint8Array> }> {
  const stream = await node.dialProtocol(addresses, HISTORY_PROTOCOL);
  const reader = new ChunkReader();
  let revisions = 0;
  let next: number | undefined;
  for await (const bytes of stream) {
    for (const chunk of reader.take(bytes.subarray())) {
      for (const [rev, base, , transform] of decode(chunk) as Item[]) {
        if (next !== undefined && rev !== next) throw new RangeError(`revision ${rev} came where ${next} should have`);
        const text = transform.updates?.[0]?.[3];
        if (typeof text === 'string' && !text.isWellFormed()) throw new RangeError(`revision ${rev} is no text`);
        next = base;
        revisions++;
      }
    }
  }
  await stream.close();
  const stored = new Map<string, Uint8Array>();
  for (const { key, record } of records) {
    if (record !== undefined) stored.set(rebuiltKey(key), sealFrame(key.encoded, record));
  }
  return { revisions, stored };
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
