import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import type { BlockId } from '@blockstrata/db-core';
import { sha256 } from '#platform';

const RAW_CODEC = 0x55;
const SHA2_256 = 0x12;
const PREFIX = '/blockstrata/block/1.0.0/';

/**
 * The CID under which nodes announce that they hold a block: version 1, codec raw, SHA-256 of the UTF-8 of
 * `/blockstrata/block/1.0.0/` and the block id. It names the block, whatever its content is.
 */
export function blockCid(blockId: BlockId): CID {
  const digest = sha256(new TextEncoder().encode(PREFIX + blockId));
  return CID.createV1(RAW_CODEC, Digest.create(SHA2_256, digest));
}
