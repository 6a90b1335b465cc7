/** Identifies a block: well-formed Unicode of 1 to {@link Limits.idBytesMax} bytes of UTF-8; every such string is legal. */
export type BlockId = string;

/** Identifies a transaction; the same rules as {@link BlockId}. */
export type TrxId = string;

/** Identifies a collection, which is named by its first block. */
export type CollectionId = BlockId;

/** What every block says of itself. No operation can change it. */
export type BlockHeader = { id: BlockId; type: string; collectionId: CollectionId };

/**
 * A block: a header and named entities. Blocks are immutable; those handed out are deeply frozen, and byte arrays in
 * them are copies.
 *
 * An entity holds content: null, boolean, finite number, well-formed string, `Uint8Array`, arrays and plain objects of
 * these. Key order is no part of a value.
 */
export type IBlock = { header: BlockHeader } & { [field: string]: unknown };

/**
 * One change of one entity of a block: `[entity, index, deleteCount, inserted]`.
 *
 * - `index >= 0` and `inserted` is an array: splice it into the array `block[entity]`.
 * - `index >= 0` and `inserted` is no array: set `block[entity] = inserted`.
 * - `index === -1`: set `block[entity] = inserted`, arrays too.
 */
export type BlockOperation = [entity: string, index: number, deleteCount: number, inserted: unknown];

/** What a transaction does to one block: `insert`, then `updates`, then `delete`. */
export type Transform = { insert?: IBlock; updates?: BlockOperation[]; delete?: boolean };

/** What a transaction does to all of its blocks. */
export type Transforms = {
  inserts?: Record<BlockId, IBlock>;
  updates?: Record<BlockId, BlockOperation[]>;
  deletes?: BlockId[];
};

/** A range of revisions: inclusive start, exclusive end; no end means open. */
export type RevisionRange = [startRev: number, endRev?: number];
