import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreFormatError, StoreMissingError } from '@blockstrata/db-core';
import { isLeftover } from './durable-files.js';
import { hasCode } from './system-errors.js';

const HEADER_NAME = 'header.json';
const HEADER_BYTES_MAX = 64 * 1024;

/** What a directory was found to hold. */
export type FoundStore = {
  /** Free of symbolic links above the store. */
  readonly path: string;
  /** No such directory. */
  readonly absent: boolean;
  /** The stored header; `undefined`: there is no store yet. */
  readonly header: Uint8Array | undefined;
  /** The names of all files. */
  readonly names: readonly string[];
};

/** The path of a store's header. */
export function headerPath(directory: string): string {
  return join(directory, HEADER_NAME);
}

/**
 * Looks at a directory and changes nothing.
 *
 * @throws StoreFormatError if it is a symbolic link or no directory, or holds files but no header of a store.
 * @throws StoreMissingError if there is no store and `create` is false.
 */
export async function findStore(directory: string, create: boolean): Promise<FoundStore> {
  const names = await listDirectory(directory);
  const header = names?.includes(HEADER_NAME) ? await readHeader(directory) : undefined;
  if (header === undefined) {
    const foreign = names?.find(name => !isLeftover(name, HEADER_NAME));
    if (foreign !== undefined)
      throw new StoreFormatError(directory, `is no store: it holds ${JSON.stringify(foreign)}`);
    if (!create) throw new StoreMissingError(directory);
  }
  return { path: await resolvedPath(directory), absent: names === undefined, header, names: names ?? [] };
}

/**
 * The stored bytes of a store's header.
 *
 * @throws StoreFormatError if it is a symbolic link, or too large for a header.
 */
export async function readHeader(directory: string): Promise<Uint8Array> {
  const path = headerPath(directory);
  const stats = await lstat(path);
  if (!stats.isFile()) throw new StoreFormatError(directory, `is refused: ${HEADER_NAME} is no regular file`);
  if (stats.size > HEADER_BYTES_MAX) throw new StoreFormatError(directory, `is no store: ${HEADER_NAME} is too large`);
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}

async function listDirectory(directory: string): Promise<string[] | undefined> {
  try {
    const stats = await lstat(directory);
    if (stats.isSymbolicLink()) throw new StoreFormatError(directory, 'is refused: it is a symbolic link');
    if (!stats.isDirectory()) throw new StoreFormatError(directory, 'is no store: it is no directory');
    return await readdir(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

// LevelDB tells the stores of one process apart by their path alone, so each must have one name.
async function resolvedPath(directory: string): Promise<string> {
  const path = resolve(directory);
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    return join(await resolvedPath(dirname(path)), basename(path));
  }
}
