import type { Limits } from '@blockstrata/db-core';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** The largest file that a replay stores: 256 MiB. Its record, escaped as JSON, still has to fit into one string. */
export const FILE_BYTES_MAX: number = 256 * MiB;

/**
 * The limits that the command opens stores with. A commit is one call whatever its size, so only what a machine can hold
 * bounds it; readers need the same, or they could not read what a replay wrote.
 */
export const STORE_LIMITS: Partial<Limits> = Object.freeze({
  blockBytesMax: 2 * GiB,
  archiveBytesMax: 2 * GiB,
  callBytesMax: 1024 * GiB,
  callBlocksMax: 100_000_000,
});
