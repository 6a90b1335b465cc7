import type { IBlock, Transform } from '@blockstrata/db-core';
import { EncodedValue } from './encoded-value.js';
import type { Entity } from './entity.js';

/** The value of an entity, and what replaying needs to know of it. */
export class EncodedEntity extends EncodedValue implements Entity {
  readonly name: string;
  /** Elements, where it is an array; -1: it is none. */
  readonly length: number;

  constructor(name: string, source: Uint8Array, start: number, end: number, length: number) {
    super(source, start, end);
    this.name = name;
    this.length = length;
  }

  get encoding(): Uint8Array {
    return this.bytes;
  }

  value(): unknown {
    return this.decode();
  }
}

/** An encoded block with its entities told apart. */
export class EncodedBlock extends EncodedValue {
  readonly entities: readonly EncodedEntity[];

  constructor(source: Uint8Array, start: number, end: number, entities: readonly EncodedEntity[]) {
    super(source, start, end);
    this.entities = entities;
  }

  override decode(): IBlock {
    return super.decode() as IBlock;
  }
}

/** An encoded operation: what it inserts is an entity of the name that it changes. */
export class EncodedOperation extends EncodedEntity {
  readonly index: number;
  readonly deleteCount: number;

  constructor(
    name: string,
    index: number,
    deleteCount: number,
    source: Uint8Array,
    start: number,
    end: number,
    length: number,
  ) {
    super(name, source, start, end, length);
    this.index = index;
    this.deleteCount = deleteCount;
  }
}

/** What an encoded transform does. */
export type EncodedSteps = {
  readonly insert: EncodedBlock | undefined;
  readonly updates: readonly EncodedOperation[] | undefined;
  readonly deletes: boolean;
};

/** The encoded transform of one revision, with its steps told apart. */
export class EncodedTransform extends EncodedValue implements EncodedSteps {
  readonly insert: EncodedBlock | undefined;
  readonly updates: readonly EncodedOperation[] | undefined;
  readonly deletes: boolean;

  constructor(source: Uint8Array, start: number, end: number, { insert, updates, deletes }: EncodedSteps) {
    super(source, start, end);
    this.insert = insert;
    this.updates = updates;
    this.deletes = deletes;
  }

  override decode(): Transform {
    return super.decode() as Transform;
  }
}
