import type { ConformanceCase } from '../case.js';
import { abortCases } from './aborts.js';
import { atomicityCases } from './atomicity.js';
import { batchCases } from './batches.js';
import { closingCases } from './closing.js';
import { commitLogCases } from './commit-log.js';
import { concurrencyCases } from './concurrency.js';
import { driverReadCases } from './driver-reads.js';
import { driverWriteCases } from './driver-writes.js';
import { durabilityCases } from './durability.js';
import { fieldFailureCases } from './field-failures.js';
import { hostileIdCases } from './hostile-ids.js';
import { metadataCases } from './metadata.js';
import { orderingCases } from './ordering.js';
import { readErrorCases } from './read-errors.js';
import { reopeningCases } from './reopening.js';
import { repoCommitCases } from './repo-commit.js';
import { repoContextCases } from './repo-context.js';
import { repoHistoryCases } from './repo-history.js';
import { repoPendCases } from './repo-pend.js';
import { repoPolicyCases } from './repo-policies.js';
import { repoRestoreCases } from './repo-restore.js';
import { scanCases } from './scans.js';
import { valueCases } from './values.js';
import { versionCases } from './versions.js';

/** Every case of the suite, in the order of the contract: records, batches, a store's life, the repository, the driver. */
export const ALL_CASES: readonly ConformanceCase[] = [
  valueCases,
  metadataCases,
  scanCases,
  versionCases,
  batchCases,
  atomicityCases,
  orderingCases,
  durabilityCases,
  abortCases,
  concurrencyCases,
  closingCases,
  reopeningCases,
  commitLogCases,
  hostileIdCases,
  readErrorCases,
  repoPendCases,
  repoPolicyCases,
  repoCommitCases,
  repoContextCases,
  repoHistoryCases,
  repoRestoreCases,
  fieldFailureCases,
  driverReadCases,
  driverWriteCases,
].flatMap(({ collected }) => collected);
