import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../errors.js';
import { HEADER_PATHS } from './backend.js';

/** What a store says of itself. */
export type StoreFacts = {
  readonly formatVersion: number;
  readonly storeId: string;
  /** Raised at every open. */
  readonly epoch: number;
  /** It was closed the last time it was open. */
  readonly closedCleanly: boolean;
};

type StoredHeader = { version: number; storeId: string; epoch: number; clean?: { epoch: number } };

/** Reads the header of a store that nobody has opened yet. The store checks it when it is opened. */
export async function readStoreFacts(directory: string, backend: 'leveldb' | 'file'): Promise<StoreFacts> {
  const path = join(directory, HEADER_PATHS[backend]);
  try {
    const { header } = JSON.parse(await readFile(path, 'utf8')) as { header: StoredHeader };
    return {
      formatVersion: header.version,
      storeId: header.storeId,
      epoch: header.epoch,
      closedCleanly: header.clean?.epoch === header.epoch,
    };
  } catch (cause) {
    throw new CommandError(`${path} is damaged: 'blockstrata recover' may mend it`, undefined, { cause });
  }
}
