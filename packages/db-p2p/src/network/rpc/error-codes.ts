import {
  BlockstrataError,
  CorruptRecordError,
  ExpiredError,
  InvalidArchiveError,
  InvalidRequestError,
  LimitExceededError,
  QuotaExceededError,
  RestoreFailedError,
  StorageIoError,
  StoreClosedError,
  StoreFormatError,
  StoreLockedError,
  StoreMissingError,
  StorePoisonedError,
  TransformError,
} from '@blockstrata/db-core';
import { RemoteFailedError, UnauthorizedError } from '../errors.js';

/**
 * What travels of an error: its code, and of its fields those that tell the caller of nothing but its own request. No
 * message, no cause, no stack, no name of a file or a record.
 */
export type WireError = {
  readonly code: string;
  readonly path?: string;
  readonly limit?: string;
  readonly allowed?: number;
  readonly operation?: string;
  readonly blockId?: string;
  readonly rev?: number;
  readonly outcome?: string;
};

/** What of an error may leave this node. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof BlockstrataError)) return { code: 'remote-failed' };
  const { code } = error;
  if (error instanceof InvalidRequestError) return { code, path: error.path };
  if (error instanceof LimitExceededError) return { code, limit: error.limit, allowed: error.allowed };
  if (error instanceof UnauthorizedError) return { code, operation: error.operation };
  if (error instanceof InvalidArchiveError) return { code, blockId: error.blockId };
  if (error instanceof StorageIoError) return { code, outcome: error.outcome };
  if (error instanceof RestoreFailedError) {
    return error.rev === undefined
      ? { code, blockId: error.blockId }
      : { code, blockId: error.blockId, rev: error.rev };
  }
  return { code };
}

/** The error that a peer's code stands for: of the same class as on the other side, so that callers need not know where it arose. */
export function fromWireError(wire: Record<string, unknown>, peer: string): BlockstrataError {
  const store = `the store of peer ${peer}`;
  switch (wire.code) {
    case 'invalid-request':
      return new InvalidRequestError(textOr(wire.path, 'request'), `was refused by peer ${peer}`);
    case 'transform-not-applicable':
      return new TransformError(`peer ${peer} cannot apply the transform`);
    case 'limit-exceeded':
      return new LimitExceededError(textOr(wire.limit, 'a limit'), numberOr(wire.allowed, 0), `peer ${peer} refused`);
    case 'expired':
      return new ExpiredError(Date.now());
    case 'corrupt-record':
      return new CorruptRecordError(`a record of peer ${peer}`, 'the peer says so');
    case 'storage-io':
      return new StorageIoError(`serve peer ${peer}`, outcomeOf(wire));
    case 'quota-exceeded':
      return new QuotaExceededError(`serve at peer ${peer}`, undefined, undefined, outcomeOf(wire));
    case 'store-closed':
      return new StoreClosedError(store);
    case 'store-locked':
      return new StoreLockedError(store, undefined);
    case 'store-poisoned':
      return new StorePoisonedError(store, {});
    case 'store-missing':
      return new StoreMissingError(store);
    case 'store-format':
      return new StoreFormatError(store, 'is of a format that the peer cannot read');
    case 'restore-failed':
      return new RestoreFailedError(textOr(wire.blockId, '?'), revOr(wire.rev), `at peer ${peer}`);
    case 'invalid-archive':
      return new InvalidArchiveError(textOr(wire.blockId, '?'), `by peer ${peer}`);
    case 'unauthorized':
      return new UnauthorizedError(`peer ${peer}`, textOr(wire.operation, 'this'));
    default:
      return new RemoteFailedError(peer, 'failed');
  }
}

function outcomeOf(wire: Record<string, unknown>): { outcome: 'nothing-written' | 'unknown' } {
  return { outcome: wire.outcome === 'nothing-written' ? 'nothing-written' : 'unknown' };
}

const TEXT_MAX = 300;

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : otherwise;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function revOr(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
