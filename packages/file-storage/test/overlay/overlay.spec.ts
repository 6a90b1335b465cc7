import { StorageIoError } from '@blockstrata/db-core';
import { metaKey, trxKey, type DriverWrite, type RecordKey } from '@blockstrata/db-p2p/storage';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TreeKey } from '../../src/layout/tree-places.js';
import type { Layer } from '../../src/overlay/layer.js';
import { Overlay } from '../../src/overlay/overlay.js';
import { put, removed, text } from '../driver-bench.js';

const KEYS: readonly TreeKey[] = [
  metaKey('a'),
  trxKey('pend', 'a', '1'),
  trxKey('block', 'a', '1'),
  trxKey('block', 'b', '1'),
];

/** An overlay over a tree that is a map; a checkpoint brings the sealed layer into it in steps. */
class Store {
  readonly #files = new Map<string, string>();
  readonly overlay = new Overlay(key => this.#files.has(key.encoded));
  #waiting: DriverWrite[] | undefined;

  seal(): void {
    if (this.#waiting === undefined) this.#waiting = [...this.overlay.seal().writes()];
  }

  bringNext(): void {
    const write = this.#waiting?.shift();
    if (write?.value !== undefined) this.#files.set(write.key.encoded, text(write.value));
    else if (write !== undefined) this.#files.delete(write.key.encoded);
  }

  drop(): void {
    while (this.#waiting !== undefined && this.#waiting.length > 0) this.bringNext();
    if (this.#waiting !== undefined) this.overlay.drop();
    this.#waiting = undefined;
  }

  get(key: RecordKey): string | undefined {
    const written = this.overlay.get(key);
    if (written === undefined) return this.#files.get(key.encoded);
    return written.value && text(written.value);
  }

  fileCount(): number {
    return this.#files.size;
  }
}

describe('what was put and deleted between two checkpoints', () => {
  const key = trxKey('pend', 'a', '1');
  let isInTree: (key: TreeKey) => boolean;
  let overlay: Overlay;
  let sealed: () => Layer;

  beforeEach(() => {
    isInTree = () => false;
    overlay = new Overlay(of => isInTree(of));
    sealed = () => overlay.seal();
  });

  it('leaves nothing in memory, nor anything for the checkpoint to do', () => {
    overlay.put([put(key, 'x')]);
    overlay.put([removed(key)]);
    expect(overlay.bytes).toBe(0);
    expect([...sealed().writes()]).toEqual([]);
  });

  it('is deleted from the tree if it is there, or nobody can tell', () => {
    const unknown = new StorageIoError('look', {});
    for (const look of [
      () => true,
      () => {
        throw unknown;
      },
    ]) {
      isInTree = look;
      overlay.put([put(key, 'x'), removed(key)]);
      expect([...sealed().writes()]).toEqual([removed(key)]);
      overlay.drop();
    }
  });

  it('is deleted from the tree if the checkpoint that is under way brings it there', () => {
    overlay.put([put(key, 'x')]);
    overlay.seal();
    overlay.put([put(key, 'y'), removed(key)]);
    overlay.drop();
    expect([...sealed().writes()]).toEqual([removed(key)]);
  });
});

describe('readers of the overlay and the tree', () => {
  it('see the last write, whenever checkpoints come, and so does the tree after the last one (INV-2)', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ key: fc.constantFrom(...KEYS), value: fc.option(fc.constantFrom('x', 'y')) }),
      },
      { weight: 3, arbitrary: fc.constantFrom('seal' as const, 'bringNext' as const, 'drop' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const store = new Store();
        const truth = new Map<string, string>();
        for (const taken of steps) {
          if (typeof taken === 'string') {
            store[taken]();
          } else if (taken.value === null) {
            store.overlay.put([removed(taken.key)]);
            truth.delete(taken.key.encoded);
          } else {
            store.overlay.put([put(taken.key, taken.value)]);
            truth.set(taken.key.encoded, taken.value);
          }
          for (const key of KEYS) expect(store.get(key)).toBe(truth.get(key.encoded));
        }
        store.drop();
        store.seal();
        store.drop();
        for (const key of KEYS) expect(store.get(key)).toBe(truth.get(key.encoded));
        expect(store.fileCount()).toBe(truth.size);
        expect(store.overlay.bytes).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
