import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { BlockId, IBlock } from '@blockstrata/db-core';
import { isFileContent, type FileContent } from './content.js';

/** A path as a block holds it: a string where it is UTF-8, else its bytes. */
export type StoredPath = string | Uint8Array;

/** The block of one path of a replayed history. */
export type FileBlock = IBlock & {
  readonly path: StoredPath;
  /** git's octal mode: `100644`, `100755`, `120000` for a symbolic link, `160000` for a submodule. */
  readonly mode: string;
  /** Of a symbolic link its target; of a submodule the id of its commit, as one line. */
  readonly content: FileContent;
};

/** The type in the header of such a block. */
export const FILE_TYPE = 'file';

/** The id of the block for a path: the base64url SHA-256 of its bytes. */
export function fileBlockId(path: Uint8Array): BlockId {
  return createHash('sha256').update(path).digest('base64url');
}

/** A path as it is stored. */
export function storedPath(path: Buffer): StoredPath {
  return isUtf8(path) ? path.toString('utf8') : new Uint8Array(path);
}

/** A new block for a path. */
export function newFileBlock(
  blockId: BlockId,
  collectionId: BlockId,
  file: { path: Buffer; mode: string; content: FileContent },
): FileBlock {
  const header = { id: blockId, type: FILE_TYPE, collectionId };
  return { header, path: storedPath(file.path), mode: file.mode, content: file.content };
}

/** Whether a block is one that a replay made. */
export function isFileBlock(block: IBlock | undefined): block is FileBlock {
  return (
    block?.header.type === FILE_TYPE &&
    (typeof block.path === 'string' || block.path instanceof Uint8Array) &&
    typeof block.mode === 'string' &&
    isFileContent(block.content)
  );
}
