import { StoreFormatError } from '@blockstrata/db-core';
import type { FileSystem } from '../file-system/file-system.js';
import { errorCode, ioFailure, isAbsent } from '../file-system/io-failure.js';
import type { StorePaths } from '../layout/store-paths.js';

/**
 * The header of the store in a directory; `undefined`: there is none, and nothing that speaks against making one. That
 * is so where the directory is missing or empty, or where its first opening was cut short. Changes nothing.
 *
 * @throws StoreFormatError if the directory holds something else.
 */
export async function inspectStore(fileSystem: FileSystem, paths: StorePaths): Promise<Uint8Array | undefined> {
  const { root, store } = paths;
  const names = await list(fileSystem, root);
  if (names === undefined) return undefined;
  const status = fileSystem.statusSync(store);
  if (status !== undefined && status.kind !== 'directory') {
    throw new StoreFormatError(root, 'is no store: its .store is no directory');
  }
  const header = status === undefined ? undefined : await readHeader(fileSystem, paths);
  if (header !== undefined) return header;
  if (names.some(name => !paths.isStore(name))) throw new StoreFormatError(root, 'is not empty, and holds no store');
  if (status === undefined || (await isUnfinished(fileSystem, paths))) return undefined;
  // Whoever opens it for the first time may have stored the header since it was looked for.
  const late = await readHeader(fileSystem, paths);
  if (late === undefined) throw new StoreFormatError(root, 'has lost its header, or is no store of this kind');
  return late;
}

async function readHeader(fileSystem: FileSystem, { header }: StorePaths): Promise<Uint8Array | undefined> {
  try {
    return await fileSystem.readFile(header);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw ioFailure('read', header, error);
  }
}

async function isUnfinished(fileSystem: FileSystem, paths: StorePaths): Promise<boolean> {
  const names = (await list(fileSystem, paths.store)) ?? [];
  const log = (await list(fileSystem, paths.log)) ?? [];
  return log.length === 0 && names.every(name => paths.isOfFirstOpening(name));
}

async function list(fileSystem: FileSystem, directory: string): Promise<string[] | undefined> {
  try {
    return await fileSystem.readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ENOTDIR') throw new StoreFormatError(directory, 'is no directory', { cause: error });
    throw ioFailure('list', directory, error);
  }
}
