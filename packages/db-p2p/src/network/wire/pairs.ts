import { at, InvalidRequestError, requireArray, requireId, type BlockId, type Limits } from '@blockstrata/db-core';

/**
 * Records that are keyed by ids travel as arrays of pairs: an id is a value like any other there, and no name of a member.
 */
export function toPairs<In, Out>(record: Readonly<Record<BlockId, In>>, encode: (value: In) => Out): [BlockId, Out][] {
  return Object.keys(record).map(id => [id, encode(record[id] as In)]);
}

/** The record in an array of pairs; it has no prototype. @throws InvalidRequestError also where an id comes twice. */
export function fromPairs<Out>(
  value: unknown,
  path: string,
  limits: Limits,
  decode: (value: unknown, path: string, id: BlockId) => Out,
): Record<BlockId, Out> {
  const record = Object.create(null) as Record<BlockId, Out>;
  requireArray(value, path, limits.callBlocksMax).forEach((entry, i) => {
    const where = at(path, i);
    const pair = requireTuple(entry, where, 2);
    const id = requireId(pair[0], `${where}[0]`, limits);
    if (id in record) throw new InvalidRequestError(where, 'repeats an id');
    record[id] = decode(pair[1], `${where}[1]`, id);
  });
  return record;
}

/** An array of exactly `length` elements. @throws InvalidRequestError */
export function requireTuple(value: unknown, path: string, length: number): unknown[] {
  const tuple = requireArray(value, path, length);
  if (tuple.length !== length) throw new InvalidRequestError(path, `must have ${length} elements`);
  return tuple;
}
