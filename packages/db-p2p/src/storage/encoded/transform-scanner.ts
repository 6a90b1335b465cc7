import { copyBlock, copyTransform, type BlockId, type IBlock, type Limits, type Transform } from '@blockstrata/db-core';
import { isUtf8 } from '#platform';
import { MAJOR, TRUE } from '../../cbor/cbor-head.js';
import { readCbor } from '../../cbor/cbor-reader.js';
import { CborScanner } from '../../cbor/cbor-scanner.js';
import { EncodedBlock, EncodedEntity, EncodedOperation, EncodedTransform } from './encoded-transform.js';

/** How much deeper than content a transform is nested: itself, its operations, each of them. */
const STEPS_DEPTH = 4;
const FEW_OPERATIONS = 8;

/**
 * Checks encoded transforms and blocks where they lie, as `copyTransform` and `copyBlock` check decoded ones. What is
 * encoded as a store would encode it stays encoded; the rest is decoded and copied (INV-11, INV-12).
 */
export class TransformScanner extends CborScanner {
  readonly #source: Uint8Array;
  readonly #blockId: BlockId;
  readonly #limits: Limits;
  #lastEntity = '';

  /** @param elementsMax values that may be passed over, keys included. */
  constructor(source: Uint8Array, elementsMax: number, blockId: BlockId, limits: Limits) {
    super(source, elementsMax, isUtf8);
    this.#source = source;
    this.#blockId = blockId;
    this.#limits = limits;
  }

  /** The transform that follows. @throws CborProblem · CborExcess · InvalidRequestError */
  transform(path: string): EncodedTransform | Transform {
    const start = this.at;
    this.isPlain = true;
    const transform = this.#plainTransform(start, path);
    if (transform !== undefined && this.isPlain) return transform;
    this.at = start;
    return copyTransform(this.#decoded(), this.#blockId, path, this.#limits);
  }

  /** The block that follows, which must be the one with the id. @throws CborProblem · CborExcess · InvalidRequestError */
  block(path: string): EncodedBlock | IBlock {
    const start = this.at;
    this.isPlain = true;
    const block = this.#plainBlock();
    if (block !== undefined && this.isPlain) {
      copyBlock(block.decode(), this.#blockId, path, this.#limits);
      return block;
    }
    this.at = start;
    return copyBlock(this.#decoded(), this.#blockId, path, this.#limits);
  }

  #plainTransform(start: number, path: string): EncodedTransform | undefined {
    const members = this.length(MAJOR.map);
    let insert: EncodedBlock | undefined;
    let updates: EncodedOperation[] | undefined;
    let deletes = false;
    for (let i = 0; i < members; i++) {
      if (updates === undefined && this.skipText('updates')) {
        updates = this.#operations();
        if (updates === undefined) return undefined;
      } else if (insert === undefined && this.skipText('insert')) {
        insert = this.#plainBlock();
        if (insert === undefined) return undefined;
        copyBlock(insert.decode(), this.#blockId, `${path}.insert`, this.#limits);
      } else if (!deletes && this.skipText('delete') && this.skipByte(TRUE)) deletes = true;
      else return undefined;
    }
    return new EncodedTransform(this.#source, start, this.at, { insert, updates, deletes });
  }

  #operations(): EncodedOperation[] | undefined {
    const count = this.length(MAJOR.array);
    // A count is not believed before its elements are there; an array that grows takes more than it needs.
    const operations = new Array<EncodedOperation>(Math.min(count, FEW_OPERATIONS));
    for (let i = 0; i < count; i++) {
      if (this.length(MAJOR.array) !== 4) return undefined;
      if (!this.skipText(this.#lastEntity)) this.#lastEntity = this.text();
      const entity = this.#lastEntity;
      if (entity === 'header' || isReserved(entity)) return undefined;
      const index = this.integer();
      const deleteCount = this.integer();
      if (index < -1 || deleteCount < 0) return undefined;
      const start = this.at;
      this.value(this.#limits.contentDepthMax);
      const { at: end } = this;
      const length = this.lengthOfArrayAt(start);
      operations[i] = new EncodedOperation(entity, index, deleteCount, this.#source, start, end, length);
    }
    return operations;
  }

  #plainBlock(): EncodedBlock | undefined {
    const start = this.at;
    const entities: EncodedEntity[] = [];
    const names = new Set<string>();
    const count = this.length(MAJOR.map);
    for (let i = 0; i < count; i++) {
      const name = this.text();
      if (isReserved(name) || names.has(name)) return undefined;
      names.add(name);
      const valueStart = this.at;
      this.value(this.#limits.contentDepthMax);
      entities.push(new EncodedEntity(name, this.#source, valueStart, this.at, this.lengthOfArrayAt(valueStart)));
    }
    return new EncodedBlock(this.#source, start, this.at, entities);
  }

  /** Passes over a value in whatever legal encoding, and decodes it; no key is special in what comes of it. */
  #decoded(): unknown {
    const start = this.at;
    this.value(this.#limits.contentDepthMax + STEPS_DEPTH);
    return readCbor(this.#source.subarray(start, this.at), newMap);
  }
}

function isReserved(name: string): boolean {
  return name === '__proto__' || name === '/';
}

const newMap = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;
