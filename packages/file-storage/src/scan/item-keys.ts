import type { BlockId } from '@blockstrata/db-core';
import { revKey, trxKey, type RecordKey, type ScanRange } from '@blockstrata/db-p2p/storage';
import { itemName, type ItemKind, type TreeKey } from '../layout/tree-places.js';
import { compareItems, mergeItems, type Item, type ItemChanges } from '../tree/sorted.js';
import { listedNow, type KeyPage, type RecordSource } from './record-source.js';

/** The keys of one kind of records of one block that come next in a scan, `limit` at most. */
export async function itemKeys(
  source: RecordSource,
  kind: ItemKind,
  blockId: BlockId,
  range: ScanRange,
  after: RecordKey | undefined,
): Promise<KeyPage> {
  const reverse = range.reverse === true;
  for (;;) {
    const found = await listedNow(source.overlay, () => source.listings.items(kind, blockId));
    if (found === undefined) continue;
    const { written, changes } = writtenItems(source, kind, blockId);
    const items: Item[] = [];
    let done = true;
    for (const item of mergeItems(found.listed, changes, startOf(range, after, reverse), reverse)) {
      if (isAfter(item, after)) continue;
      if (isBeyond(item, range, reverse)) break;
      if (items.length === range.limit) {
        done = false;
        break;
      }
      items.push(item);
    }
    const keys: RecordKey[] = [];
    for (const item of items) keys.push(written.get(item) ?? (await keyOf(source, kind, blockId, item)));
    return { keys, done };
  }
}

/** What the overlay tells of one kind of records of one block; keys come by their items. */
function writtenItems(
  { overlay }: RecordSource,
  kind: ItemKind,
  blockId: BlockId,
): { written: Map<Item, RecordKey>; changes: ItemChanges } {
  const written = new Map<Item, RecordKey>();
  const deleted = new Set<Item>();
  for (const { key, value } of overlay.items(kind, blockId)) {
    if (key.kind === 'meta' || key.kind === 'log') continue;
    const item = itemOf(key);
    if (value === undefined) {
      written.delete(item);
      deleted.add(item);
    } else {
      written.set(item, key);
      deleted.delete(item);
    }
  }
  return { written, changes: { added: [...written.keys()].sort(compareItems), deleted } };
}

function itemOf(key: Exclude<TreeKey, { kind: 'meta' }>): Item {
  return key.kind === 'rev' ? key.rev : itemName(key);
}

function startOf({ from, to }: ScanRange, after: RecordKey | undefined, reverse: boolean): Item | undefined {
  if (after !== undefined && after.kind !== 'meta' && after.kind !== 'log') return itemOf(after);
  return reverse ? to : from;
}

function isAfter(item: Item, after: RecordKey | undefined): boolean {
  if (after === undefined || after.kind === 'meta' || after.kind === 'log') return false;
  return item === itemOf(after);
}

function isBeyond(item: Item, { from, to }: ScanRange, reverse: boolean): boolean {
  if (typeof item === 'string') return false;
  return reverse ? from !== undefined && item < from : to !== undefined && item > to;
}

async function keyOf(source: RecordSource, kind: ItemKind, blockId: BlockId, item: Item): Promise<RecordKey> {
  if (kind === 'rev' || typeof item === 'number') return revKey(blockId, Number(item));
  const id = await source.listings.idOf(item, () => source.places.idFileOfItem(kind, blockId, item));
  return trxKey(kind, blockId, id);
}
