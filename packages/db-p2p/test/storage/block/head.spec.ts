import { expect, it } from 'vitest';
import { isBlank, withPending } from '../../../src/storage/block/head.js';

it('a head says nothing any more without a newest revision, a range and a pending transaction', () => {
  expect(isBlank({ ranges: [] })).toBe(true);
  expect(isBlank({ ranges: [], pendings: [] })).toBe(true);
  expect(isBlank({ ranges: [], latest: { trxId: 't', rev: 1 } })).toBe(false);
  expect(isBlank({ ranges: [[1]] })).toBe(false);
  expect(isBlank({ ranges: [], pendings: ['t'] })).toBe(false);
});

it('the head of a block that was never seen is frozen to its depths, so that all can share it (INV-13)', () => {
  const head = withPending(undefined, 't');
  expect(head).toEqual({ ranges: [], pendings: ['t'] });
  expect([head, head.ranges, head.pendings].every(Object.isFrozen)).toBe(true);
});
