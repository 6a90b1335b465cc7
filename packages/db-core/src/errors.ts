import type { BlockId } from './model/block.js';

/** Every code that an error of this library can carry; stable, for programs. */
export type BlockstrataErrorCode =
  | 'invalid-request'
  | 'transform-not-applicable'
  | 'limit-exceeded'
  | 'expired'
  | 'corrupt-record'
  | 'storage-io'
  | 'quota-exceeded'
  | 'store-closed'
  | 'store-locked'
  | 'store-poisoned'
  | 'store-missing'
  | 'store-format'
  | 'store-vanished'
  | 'store-blocked'
  | 'restore-failed'
  | 'invalid-archive'
  | 'remote-failed'
  | 'unauthorized';

/** The base of all errors of this library: a stable `code`, and the facts as fields. */
export class BlockstrataError extends Error {
  readonly code: BlockstrataErrorCode;

  constructor(code: BlockstrataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** A request is malformed; nothing was changed. `path` leads to the offending value. */
export class InvalidRequestError extends BlockstrataError {
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super('invalid-request', `${path}: ${problem}`, options);
    this.path = path;
  }
}

/** A transform cannot be applied to the block that it is for. */
export class TransformError extends BlockstrataError {
  constructor(problem: string) {
    super('transform-not-applicable', problem);
  }
}

/** A bound of {@link Limits} was met; `limit` names it. */
export class LimitExceededError extends BlockstrataError {
  readonly limit: string;
  readonly allowed: number;

  constructor(limit: string, allowed: number, detail: string) {
    super('limit-exceeded', `${detail}: ${limit} is ${allowed}`);
    this.limit = limit;
    this.allowed = allowed;
  }
}

/** The `expiration` of a read or a cancel has passed. A pend or a commit answers with the failure `expired` instead. */
export class ExpiredError extends BlockstrataError {
  constructor(readonly expiration: number) {
    super('expired', `the request expired at ${new Date(expiration).toISOString()}`);
  }
}

/** A stored record is damaged, or is not the one that belongs under its key. Run `verify()`, then `recover()`. */
export class CorruptRecordError extends BlockstrataError {
  /** What was damaged: a record key, or a file of the store. */
  readonly record: string;

  constructor(record: string, problem: string, options?: ErrorOptions) {
    super('corrupt-record', `${record} is damaged: ${problem}`, options);
    this.record = record;
  }
}

/** What is known of a batch whose write failed. */
export type WriteOutcome = 'nothing-written' | 'unknown';

/** The engine below failed; `cause` holds its own error. */
export class StorageIoError extends BlockstrataError {
  readonly operation: string;
  /** `'nothing-written'` only where the engine proves it, as an aborted IndexedDB transaction does. */
  readonly outcome: WriteOutcome;

  constructor(operation: string, options: ErrorOptions & { outcome?: WriteOutcome; code?: BlockstrataErrorCode }) {
    super(options.code ?? 'storage-io', `storage failed to ${operation}`, options);
    this.operation = operation;
    this.outcome = options.outcome ?? 'unknown';
  }
}

/** The store has no room left; free some and try again. */
export class QuotaExceededError extends StorageIoError {
  constructor(
    operation: string,
    readonly usageBytes: number | undefined,
    readonly quotaBytes: number | undefined,
    options: ErrorOptions & { outcome?: WriteOutcome },
  ) {
    super(operation, { ...options, code: 'quota-exceeded' });
  }
}

/** The store is closed; `open()` opens it again. */
export class StoreClosedError extends BlockstrataError {
  constructor(readonly store: string) {
    super('store-closed', `${store} is closed: open() opens it again`);
  }
}

/** Another process, tab or instance owns the store. */
export class StoreLockedError extends BlockstrataError {
  constructor(
    readonly store: string,
    readonly holder: string | undefined,
    options?: ErrorOptions,
  ) {
    super(
      'store-locked',
      `${store} is in use${holder === undefined ? '' : ` by ${holder}`}: close it there first`,
      options,
    );
  }
}

/** An earlier write failed, so nothing more is acknowledged until the store is reopened; reads go on (INV-7). */
export class StorePoisonedError extends BlockstrataError {
  constructor(
    readonly store: string,
    options: ErrorOptions,
  ) {
    super('store-poisoned', `${store} takes no writes since one failed: close it and open it again`, options);
  }
}

/** There is no store, and `create` is false. */
export class StoreMissingError extends BlockstrataError {
  constructor(readonly store: string) {
    super('store-missing', `there is no store at ${store}`);
  }
}

/**
 * A store that was there is gone: deleted or evicted under its owner, replaced, or taken over by an upgrade. It is never
 * quietly made anew; close it, and open it again to start afresh.
 */
export class StoreVanishedError extends BlockstrataError {
  constructor(
    readonly store: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super('store-vanished', `${store} is gone: ${problem}`, options);
  }
}

/** The engine kept an open waiting beyond its deadline; something else holds the database. Nothing was changed. */
export class StoreBlockedError extends BlockstrataError {
  constructor(
    readonly store: string,
    readonly timeoutMs: number,
  ) {
    super('store-blocked', `${store} could not be opened within ${timeoutMs} ms: another tab or process holds it`);
  }
}

/** The store is of a newer or foreign format; it was left untouched. */
export class StoreFormatError extends BlockstrataError {
  constructor(
    readonly store: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super('store-format', `${store} ${problem}`, options);
  }
}

/** A revision could not be fetched from peers. */
export class RestoreFailedError extends BlockstrataError {
  constructor(
    readonly blockId: BlockId,
    readonly rev: number | undefined,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(
      'restore-failed',
      `block ${JSON.stringify(blockId)} could not be restored${rev === undefined ? '' : ` at revision ${rev}`}: ${problem}`,
      options,
    );
  }
}

/** An archive failed a check and was not installed (INV-11). */
export class InvalidArchiveError extends BlockstrataError {
  constructor(
    readonly blockId: BlockId,
    problem: string,
    options?: ErrorOptions,
  ) {
    super('invalid-archive', `archive of block ${JSON.stringify(blockId)} was refused: ${problem}`, options);
  }
}
