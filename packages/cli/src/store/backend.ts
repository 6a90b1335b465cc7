import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../errors.js';

/** What a store is kept on. */
export type Backend = 'leveldb' | 'file' | 'memory';

/** All of them, the default first. */
export const BACKENDS: readonly Backend[] = ['leveldb', 'file', 'memory'];

/** Where each kind of store keeps its header. */
export const HEADER_PATHS = { file: join('.store', 'header.json'), leveldb: 'header.json' } as const;

/** The backend of the store in a directory, told from where its header is; `undefined`: there is no store. */
export async function detectBackend(directory: string): Promise<Exclude<Backend, 'memory'> | undefined> {
  if (await isFile(join(directory, HEADER_PATHS.file))) return 'file';
  return (await isFile(join(directory, HEADER_PATHS.leveldb))) ? 'leveldb' : undefined;
}

/** @throws CommandError if there is no store in the directory. */
export async function requireBackend(directory: string): Promise<Exclude<Backend, 'memory'>> {
  const backend = await detectBackend(directory);
  if (backend !== undefined) return backend;
  throw new CommandError(
    `there is no store at ${directory}: name it with --store, or make one with 'blockstrata replay'`,
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    const { code } = Object(error) as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
