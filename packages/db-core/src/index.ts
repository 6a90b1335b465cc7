export type {
  BlockHeader,
  BlockId,
  BlockOperation,
  CollectionId,
  IBlock,
  RevisionRange,
  Transform,
  Transforms,
  TrxId,
} from './model/block.js';
export type {
  BlockGets,
  CommitRequest,
  CommitResult,
  GetBlockResult,
  IRepo,
  PendPolicy,
  PendRequest,
  PendResult,
  RepoFailure,
  RepoFailureCode,
  RepoOptions,
  TrxBlocks,
  TrxContext,
  TrxPending,
  TrxRev,
  TrxTransform,
  TrxTransforms,
  Unavailable,
} from './model/transaction.js';
export { applyOperation } from './transform/apply-operation.js';
export { applyTransform } from './transform/apply-transform.js';
export {
  blockIdsForTransforms,
  concatTransforms,
  transformForBlockId,
  transformsFromBlocks,
} from './transform/combine.js';
export { mergeRanges, rangeAt, toRange } from './ranges.js';
export { Latches, type ReleaseLatches } from './latches.js';
export { PlainObject } from './plain-object.js';
export { contentEquals, ContentProblem, copyContent } from './content.js';
export { DEFAULT_LIMITS, resolveLimits, REVISION_MAX, type Limits } from './limits.js';
export {
  BlockstrataError,
  CorruptRecordError,
  ExpiredError,
  InvalidArchiveError,
  InvalidRequestError,
  LimitExceededError,
  QuotaExceededError,
  RestoreFailedError,
  StorageIoError,
  StoreBlockedError,
  StoreClosedError,
  StoreFormatError,
  StoreLockedError,
  StoreMissingError,
  StorePoisonedError,
  StoreVanishedError,
  TransformError,
  type BlockstrataErrorCode,
  type WriteOutcome,
} from './errors.js';
export { silentLogger, type ComponentLogger, type Counter, type Gauge, type Logger, type Metrics } from './observe.js';
export { systemClock, systemRandomness, type Clock, type Randomness } from './world.js';
export {
  checkBlockIds,
  checkCommit,
  checkGets,
  checkPend,
  checkRepoOptions,
  checkTrxBlocks,
  type CheckedChange,
  type CheckedGets,
  type CheckedPend,
  type CheckedTrxBlocks,
} from './validation/requests.js';
export { at, requireArray, requireId, requireObject, requireRevision } from './validation/shape.js';
export { copyBlock, copyTransform } from './validation/transforms.js';
