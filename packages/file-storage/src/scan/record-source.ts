import type { MaybePromise, RecordKey } from '@blockstrata/db-p2p/storage';
import type { LogReader } from '../log/log-reader.js';
import type { TreePlaces } from '../layout/tree-places.js';
import type { Overlay } from '../overlay/overlay.js';
import type { Listings } from '../tree/listings.js';
import type { TreeReader } from '../tree/tree-reader.js';

/** What scans read from. */
export type RecordSource = {
  readonly overlay: Overlay;
  readonly listings: Listings;
  readonly places: TreePlaces;
  readonly tree: TreeReader;
  readonly log: LogReader;
  get(key: RecordKey): MaybePromise<Uint8Array | undefined>;
};

/** The next keys of a scan, and whether any follow them. */
export type KeyPage = { readonly keys: readonly RecordKey[]; readonly done: boolean };

/**
 * Awaits something listed from the tree. `undefined`: a layer became part of the tree meanwhile, so that neither what
 * was listed nor the overlay may tell of it, and the caller must begin again.
 */
export async function listedNow<T>(overlay: Overlay, list: () => MaybePromise<T>): Promise<{ listed: T } | undefined> {
  const { generation } = overlay;
  const listed = await list();
  return generation === overlay.generation ? { listed } : undefined;
}
