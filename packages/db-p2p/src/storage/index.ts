export type {
  DriverLoss,
  DriverOpened,
  DriverOpenOptions,
  DriverRecord,
  DriverSupports,
  DriverWrite,
  Durability,
  MaybePromise,
  ScanPage,
  ScanRange,
  StoreDriver,
  StoreHeaderImage,
} from './driver/store-driver.js';
export {
  decodeKey,
  keyPrefix,
  logKey,
  metaKey,
  revKey,
  trxKey,
  type RecordKey,
  type RecordKind,
  type TrxRecordKind,
} from './driver/record-key.js';
export type {
  IRawStorage,
  ListedPending,
  OpenOptions,
  OpenReport,
  PageOptions,
  RawBatch,
  ScannedRecord,
} from './raw-storage.js';
export type {
  ArchiveRevisions,
  BlockMetadata,
  LogDraft,
  LogEntry,
  LogKind,
  NumberedRevision,
  PendingRecord,
  RevisionRecord,
  TrxRecord,
} from './records.js';
export { RawStorage, type RawStorageOptions } from './kernel/raw-storage.js';
export { DEFAULT_CACHE_BYTES_MAX } from './kernel/record-cache.js';
export { FORMAT_VERSION } from './kernel/header.js';
export { MemoryDriver } from './memory/memory-driver.js';
export { MemoryRawStorage } from './memory/memory-raw-storage.js';
export type { BlockArchive, RestoreCallback } from './block/archive.js';
export {
  BlockStorage,
  type BlockStorageOptions,
  type EnsureOptions,
  type IBlockStorage,
} from './block/block-storage.js';
export { checkArchive } from './block/check-archive.js';
export type { CheckedArchive, CheckedRevision } from './block/checked-archive.js';
export type { Coverage } from './block/coverage.js';
export { exportArchive, type ExportOptions } from './block/export-archive.js';
export type { Materialized } from './block/materialize.js';
export { RESTORE_BACKOFF_MS_MAX, RESTORE_BACKOFF_MS_MIN } from './block/restoration.js';
export { DEFAULT_CHECKPOINT_INTERVAL } from './block/retention.js';
export { StorageRepo, type StorageRepoOptions } from './repo/storage-repo.js';
export type { CommitEvent, CommitListener, ListenOptions } from './repo/commit-events.js';
export type { CheckOptions, Progress, RecoverReport, VerifyReport, Violation, ViolationKind } from './check/report.js';
