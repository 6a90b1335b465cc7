import { createHash } from 'node:crypto';
import type { GetBlockResult } from '@blockstrata/db-core';
import { SUBMODULE_MODE } from '../git/changes.js';
import { fileBytes } from './content.js';
import { isFileBlock, type StoredPath } from './file-block.js';
import type { DeletedFile, LiveFile } from './history-walk.js';

/**
 * What is wrong with a read of a file at a revision; `undefined`: nothing. `bytes` are git's own where they are at hand;
 * else the hash that git names the content by is compared.
 */
export function problemOf(
  file: LiveFile | DeletedFile,
  rev: number,
  read: GetBlockResult | undefined,
  objectFormat: string,
  bytes: Buffer | undefined,
): string | undefined {
  if (read === undefined || read.unavailable !== undefined) return 'cannot be read';
  const { block } = read;
  const since = 'since' in file ? file.since : rev;
  if (read.rev !== since) return `was read at revision ${read.rev ?? 'none'} instead of ${since}`;
  if (!('since' in file)) return block === undefined ? undefined : 'is there, and git has deleted it';
  if (block === undefined) return 'is absent';
  if (!isFileBlock(block)) return 'is no file';
  const { entry } = file;
  if (!file.path.equals(pathBytes(block.path))) return 'has another path';
  if (block.mode !== entry.mode) return `has mode ${block.mode} instead of ${entry.mode}`;
  const content = fileBytes(block.content);
  if (entry.mode === SUBMODULE_MODE)
    return content.equals(Buffer.from(entry.objectId)) ? undefined : 'has another commit';
  if (bytes !== undefined) return content.equals(bytes) ? undefined : 'has other content';
  return blobId(content, objectFormat) === entry.objectId ? undefined : 'has other content';
}

/** The name that git gives to a content. */
function blobId(content: Buffer, objectFormat: string): string {
  return createHash(objectFormat).update(`blob ${content.length}\0`).update(content).digest('hex');
}

function pathBytes(path: StoredPath): Buffer {
  return typeof path === 'string' ? Buffer.from(path, 'utf8') : Buffer.from(path);
}
