import { PlainObject, TransformError, type BlockOperation, type IBlock, type Transform } from '@blockstrata/db-core';
import { CborWriter } from '../../cbor/cbor-writer.js';
import { EncodedBlock, EncodedEntity, EncodedTransform, type EncodedOperation } from './encoded-transform.js';
import type { Encoded } from './encoded-value.js';
import { DecodedState, SplicedState, type Entity } from './entity.js';

/**
 * A block while its history is replayed. It does what `applyTransform` does, and refuses what that refuses, but decodes
 * nothing until somebody looks: whether a transform applies shows without.
 */
export class BlockState {
  #entities: Map<string, Entity> | undefined;
  readonly #keys = new Map<string, Uint8Array>();

  /** Whether there is a block. */
  get exists(): boolean {
    return this.#entities !== undefined;
  }

  /** Starts from a copy; `undefined`: there is no block. */
  reset(block: IBlock | EncodedBlock | undefined): void {
    this.#entities = block === undefined ? undefined : entitiesOf(block);
  }

  /** Goes on by one revision. @throws TransformError as `applyTransform` does. */
  apply(transform: Transform | EncodedTransform): void {
    const { insert, updates } = transform;
    if (insert !== undefined) {
      if (this.#entities !== undefined) throw new TransformError('it inserts a block that exists');
      this.#entities = entitiesOf(insert);
    }
    if (updates !== undefined) for (const operation of updates) this.#update(operation);
    if (transform instanceof EncodedTransform ? !transform.deletes : transform.delete !== true) return;
    if (this.#entities === undefined) throw new TransformError('it deletes a block that does not exist');
    this.#entities = undefined;
  }

  /** The block, frozen. */
  content(): IBlock | undefined {
    if (this.#entities === undefined) return undefined;
    const block = new PlainObject();
    for (const [name, entity] of this.#entities) {
      block[name] = entity.value();
      // It may well be looked at again.
      if (entity instanceof EncodedEntity) this.#entities.set(name, new DecodedState(block[name], entity.encoding));
    }
    return Object.freeze(block) as IBlock;
  }

  /** The block as it is encoded, where nothing in it has to be encoded for that. */
  encoded(): Encoded | undefined {
    if (this.#entities === undefined) return undefined;
    const parts = [headOf(this.#entities.size)];
    for (const [name, { encoding }] of this.#entities) {
      if (encoding === undefined) return undefined;
      parts.push(this.#key(name), encoding);
    }
    return { parts, decode: () => this.content() };
  }

  #update(operation: BlockOperation | EncodedOperation): void {
    if (this.#entities === undefined) throw new TransformError('it updates a block that does not exist');
    const isEncoded = !Array.isArray(operation);
    const name = isEncoded ? operation.name : operation[0];
    const index = isEncoded ? operation.index : operation[1];
    if (name === 'header') throw new TransformError('header is no entity of an operation');
    const inserted = isEncoded ? operation : new DecodedState(operation[3]);
    if (index < 0 || inserted.length < 0) {
      this.#entities.set(name, inserted);
      return;
    }
    const deleteCount = isEncoded ? operation.deleteCount : operation[2];
    const below = this.#entities.get(name);
    this.#entities.set(name, new SplicedState(below, name, index, deleteCount, inserted));
  }

  #key(name: string): Uint8Array {
    let key = this.#keys.get(name);
    if (key === undefined) {
      const writer = new CborWriter(STYLE);
      writer.value(name);
      if (this.#keys.size === KEYS_MAX) this.#keys.clear();
      this.#keys.set(name, (key = writer.take()));
    }
    return key;
  }
}

const KEYS_MAX = 1_000;
const STYLE = { integerMax: 2 ** 32 - 1 };

function entitiesOf(block: IBlock | EncodedBlock): Map<string, Entity> {
  if (block instanceof EncodedBlock) {
    return new Map(block.entities.map((entity): [string, Entity] => [entity.name, entity]));
  }
  return new Map(Object.keys(block).map(name => [name, new DecodedState(block[name])]));
}

const SMALL_HEADS = Array.from({ length: 24 }, (_, entries) => mapHead(entries));

function headOf(entries: number): Uint8Array {
  return SMALL_HEADS[entries] ?? mapHead(entries);
}

function mapHead(entries: number): Uint8Array {
  const writer = new CborWriter(STYLE);
  writer.mapOf(entries);
  return writer.take();
}
