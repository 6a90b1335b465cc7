import fc from 'fast-check';
import type { BlockGets, BlockId, BlockOperation, PendPolicy, Transforms, TrxContext } from '@blockstrata/db-core';

/** Few ids, so that calls meet each other; some of them are also keys of every object. */
export const BLOCK_IDS: readonly BlockId[] = ['a', 'b', '__proto__', '../c'];
export const TRX_IDS: readonly string[] = ['t1', 't2', 't3', 't4', 'constructor'];

const blockIds = fc.constantFrom(...BLOCK_IDS);
export const trxIds = fc.constantFrom(...TRX_IDS);
const revs = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_000, 2 ** 40, 2 ** 53 - 1) },
);

const values = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom('x', 'é', null, true),
  fc.uint8Array({ minLength: 1, maxLength: 2 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 2 }),
);

const operations: fc.Arbitrary<BlockOperation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constant('list'),
      fc.nat({ max: 3 }),
      fc.nat({ max: 2 }),
      fc.array(values, { maxLength: 2 }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('text', 'constructor'), fc.constantFrom(-1, 0), fc.constant(0), values),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant('list'), fc.constant(-1), fc.constant(0), fc.array(values, { maxLength: 2 })),
  },
);

type Change = { insert: boolean; updates: BlockOperation[]; delete: boolean; list: unknown[] };

const changes: fc.Arbitrary<Change> = fc.record({
  insert: fc.boolean(),
  updates: fc.array(operations, { maxLength: 2 }),
  delete: fc.integer({ min: 0, max: 9 }).map(dice => dice === 0),
  list: fc.array(values, { maxLength: 3 }),
});

/** What one transaction wants to do to which blocks; whether it inserts is decided by `exists` when it runs. */
export type Intent = { readonly changes: readonly (readonly [BlockId, Change])[] };

export const intents: fc.Arbitrary<Intent> = fc
  .uniqueArray(fc.tuple(blockIds, changes), { selector: ([blockId]) => blockId, maxLength: 3 })
  .map(list => ({ changes: list }));

/** The transforms of an intent; mostly those that can apply, now and then those that cannot. */
export function transformsOf({ changes: list }: Intent, exists: (blockId: BlockId) => boolean): Transforms {
  const inserts: [string, unknown][] = [];
  const updates: [string, unknown][] = [];
  const deletes: BlockId[] = [];
  for (const [blockId, change] of list) {
    const fits = !exists(blockId);
    if (fits || (change.insert && change.list.length === 3)) {
      inserts.push([blockId, { header: { id: blockId, type: 't', collectionId: 'a' }, list: change.list }]);
    }
    if (change.updates.length > 0 || (!fits && !change.delete)) updates.push([blockId, change.updates]);
    if (change.delete) deletes.push(blockId);
  }
  return { inserts: fromEntries(inserts), updates: fromEntries(updates), deletes } as Transforms;
}

function fromEntries(entries: [string, unknown][]): Record<string, unknown> {
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) record[key] = value;
  return record;
}

/** How a pend names what it has seen: the tip, something older, something newer, nothing. */
export type Seen = 'tip' | 'older' | 'newer' | 'nothing';

export const pends = fc.record({
  trxId: trxIds,
  intent: intents,
  rev: fc.option(fc.constantFrom<Seen>('tip', 'tip', 'tip', 'older'), { nil: undefined }),
  bases: fc.option(fc.constantFrom<Seen>('tip', 'tip', 'tip', 'older', 'newer'), { nil: undefined }),
  policy: fc.constantFrom<PendPolicy>('c', 'c', 'c', 'f', 'r', 'w'),
  repeat: fc.integer({ min: 0, max: 5 }).map(dice => dice === 0),
});

export const commits = fc.record({
  trxId: trxIds,
  all: fc.integer({ min: 0, max: 4 }).map(dice => dice > 0),
  blockIds: fc.array(blockIds, { maxLength: 3 }),
  step: fc.constantFrom(1, 1, 1, 2, 100, 0, -1, 2 ** 40),
});

export const cancels = fc.record({ trxId: trxIds, blockIds: fc.array(blockIds, { maxLength: 4 }) });

// Of two transactions at one revision of a block none is the later one, so no context says that.
const committed = fc.uniqueArray(fc.record({ trxId: trxIds, rev: revs }), { selector: ({ rev }) => rev, maxLength: 3 });

export const gets: fc.Arbitrary<BlockGets> = fc
  .record({
    blockIds: fc.array(blockIds, { maxLength: 5 }),
    rev: fc.option(fc.oneof(fc.constant(0), revs), { nil: undefined }),
    committed: fc.option(committed, { nil: undefined }),
    trxId: fc.option(trxIds, { nil: undefined }),
  })
  .map(({ blockIds: ids, ...rest }) => {
    const context: TrxContext = {};
    if (rest.rev !== undefined) context.rev = rest.rev;
    if (rest.committed !== undefined) context.committed = rest.committed;
    if (rest.trxId !== undefined) context.trxId = rest.trxId;
    return Object.keys(context).length === 0 ? { blockIds: ids } : { blockIds: ids, context };
  });
