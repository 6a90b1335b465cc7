import { TransformError } from '@blockstrata/db-core';

/** An entity of a block while its history is replayed: encoded, decoded, or the splice of another. */
export type Entity = {
  /** Elements, where it is an array; -1: it is none. */
  readonly length: number;
  /** The encoding, where nothing was spliced. */
  readonly encoding: Uint8Array | undefined;
  value(): unknown;
};

/** An entity whose value is known. */
export class DecodedState implements Entity {
  readonly encoding: Uint8Array | undefined;
  readonly #value: unknown;

  constructor(value: unknown, encoding?: Uint8Array) {
    this.#value = value;
    this.encoding = encoding;
  }

  get length(): number {
    return Array.isArray(this.#value) ? this.#value.length : -1;
  }

  value(): unknown {
    return this.#value;
  }
}

/** What a splice makes of another entity; it is done when somebody looks. */
export class SplicedState implements Entity {
  readonly encoding: undefined;
  readonly length: number;
  readonly #index: number;
  readonly #deleteCount: number;
  #inserted: Entity | undefined;
  #below: Entity | undefined;
  #value: unknown = UNKNOWN;

  /** @throws TransformError if there is no array to be spliced, or it is shorter. */
  constructor(below: Entity | undefined, name: string, index: number, deleteCount: number, inserted: Entity) {
    const length = below === undefined ? -1 : below.length;
    if (length < 0) throw new TransformError(`${JSON.stringify(name)} is no array, so it cannot be spliced`);
    if (index + deleteCount > length) {
      throw new TransformError(
        `a splice of ${JSON.stringify(name)} at ${index} deleting ${deleteCount} reaches beyond its length ${length}`,
      );
    }
    this.#below = below;
    this.#index = index;
    this.#deleteCount = deleteCount;
    this.#inserted = inserted;
    this.length = length - deleteCount + inserted.length;
  }

  value(): unknown {
    if (this.#value === UNKNOWN) this.#resolve();
    return this.#value;
  }

  /** There can be as many splices on top of each other as there are revisions: too many for a recursion. */
  #resolve(): void {
    const chain: SplicedState[] = [this];
    let below = this.#below;
    while (below instanceof SplicedState && below.#value === UNKNOWN) {
      chain.push(below);
      below = below.#below;
    }
    let array = [...(below?.value() as unknown[])];
    for (const state of chain.reverse()) array = spliced(array, state.#index, state.#deleteCount, state.#insertion());
    this.#value = Object.freeze(array);
    this.#below = undefined;
    this.#inserted = undefined;
  }

  #insertion(): readonly unknown[] {
    return this.#inserted?.value() as unknown[];
  }
}

const UNKNOWN = Symbol('unknown');
// Beyond some number of arguments a call fails.
const ARGUMENTS_MAX = 10_000;

function spliced(array: unknown[], index: number, deleteCount: number, inserted: readonly unknown[]): unknown[] {
  if (inserted.length > ARGUMENTS_MAX)
    return [...array.slice(0, index), ...inserted, ...array.slice(index + deleteCount)];
  array.splice(index, deleteCount, ...inserted);
  return array;
}
