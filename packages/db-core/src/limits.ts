const KiB = 1024;
const MiB = 1024 * KiB;

/** Every bound of the library, in one place. Units are in the names. */
export type Limits = {
  /** Bytes of UTF-8 in an id. */
  readonly idBytesMax: number;
  /** Encoded bytes of one block. */
  readonly blockBytesMax: number;
  /** Nesting of content: a block's entity is at depth 1. */
  readonly contentDepthMax: number;
  /** Blocks in one call. */
  readonly callBlocksMax: number;
  /** Encoded bytes of all records that one call writes. */
  readonly callBytesMax: number;
  /** Transactions pending on one block. */
  readonly blockPendingsMax: number;
  /** Calls that a repository has under way at once. */
  readonly callsInFlightMax: number;
  /** Transactions listed in the `missing` of a failure. */
  readonly missingTrxsMax: number;
  /** Pendings listed, or returned with their transforms, in an answer. */
  readonly listedPendingsMax: number;
  /** Bytes that one write of the driver gathers before it starts the next (group commit). */
  readonly groupBytesMax: number;
  /** Encoded bytes of one archive. */
  readonly archiveBytesMax: number;
  /** Records in one page of a scan. */
  readonly pageRecordsMax: number;
  /** Ranges of revisions that one block's head may hold. */
  readonly blockRangesMax: number;
  /** Blocks whose failed restoration is remembered for back-off. */
  readonly restoreFailuresMax: number;
  /** Violations that one report of verify() carries; the rest are counted. */
  readonly reportedViolationsMax: number;
};

/** The largest revision: 2^53 - 1. */
export const REVISION_MAX: number = Number.MAX_SAFE_INTEGER;

/** The bounds that hold unless a store overrides them. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  idBytesMax: 256,
  blockBytesMax: 4 * MiB,
  contentDepthMax: 64,
  callBlocksMax: 10_000,
  callBytesMax: 64 * MiB,
  blockPendingsMax: 1_000,
  callsInFlightMax: 65_536,
  missingTrxsMax: 100,
  listedPendingsMax: 100,
  groupBytesMax: 4 * MiB,
  archiveBytesMax: 16 * MiB,
  pageRecordsMax: 1_000,
  blockRangesMax: 10_000,
  restoreFailuresMax: 10_000,
  reportedViolationsMax: 1_000,
});

/**
 * The default limits with some of them replaced.
 *
 * @throws TypeError if a limit is no positive integer, or two of them contradict each other.
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  const limits: Limits = Object.freeze({ ...DEFAULT_LIMITS, ...overrides });
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new TypeError(`limits.${name} is no limit`);
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`limits.${name} must be a positive integer`);
  }
  mustNotExceed(limits, 'idBytesMax', 'blockBytesMax');
  mustNotExceed(limits, 'blockBytesMax', 'callBytesMax');
  mustNotExceed(limits, 'blockBytesMax', 'archiveBytesMax');
  mustNotExceed(limits, 'listedPendingsMax', 'blockPendingsMax');
  if (limits.idBytesMax > DEFAULT_LIMITS.idBytesMax) {
    throw new TypeError(`limits.idBytesMax is part of the format: ${DEFAULT_LIMITS.idBytesMax} at most`);
  }
  return limits;
}

function mustNotExceed(limits: Limits, smaller: keyof Limits, larger: keyof Limits): void {
  if (limits[smaller] > limits[larger]) {
    throw new TypeError(`limits.${smaller} (${limits[smaller]}) must not exceed limits.${larger} (${limits[larger]})`);
  }
}
