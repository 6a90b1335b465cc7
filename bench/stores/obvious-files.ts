import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DriverWrite, Durability, RecordKey } from '@blockstrata/db-p2p/storage';
import { digestOf } from '../workload/records.js';
import { requireSame, type CommitTarget } from './commit-target.js';

/** The name of {@link obviousFiles} in every table. */
export const OBVIOUS_FILES = 'one file for each record, the obvious way';

/**
 * Files the obvious way, with the same records in the same layout: for each record a temporary file, its sync, a rename,
 * and a sync of the directory. A crash in the middle of a transaction leaves half of it; that is not held against it here.
 *
 * Its rate does not depend on how many transactions there are, as it puts nothing off; so the first
 * `transactionsMax` of them are enough. Relaxed, it syncs nothing.
 */
export function obviousFiles(durability: Durability, transactionsMax: number): CommitTarget {
  const synced = durability === 'strict';
  return {
    name: OBVIOUS_FILES,
    transactionsMax,
    async open(directory, { recordedBefore, recorded }) {
      const files = new SyncedFiles(directory);
      await mkdir(join(directory, 'log'), { recursive: true });
      for (const { pend, commit } of recordedBefore) await files.writeAll([...pend, ...commit], false);
      const last = recorded.at(transactionsMax < recorded.length ? transactionsMax - 1 : -1);
      const lastEntry = last?.commit.find(({ key }) => key.kind === 'log');
      return {
        async run(index) {
          const { pend, commit } = recorded[index] ?? { pend: [], commit: [] };
          await files.writeAll(pend, synced);
          await files.writeAll(commit, synced);
        },
        close: async () => undefined,
        async reopen() {
          if (lastEntry?.value === undefined) return;
          const bytes = await readFile(join(directory, pathOf(lastEntry.key).join('/')));
          requireSame('the digest of the last log entry', digestOf(bytes), digestOf(lastEntry.value));
        },
      };
    },
  };
}

class SyncedFiles {
  readonly #root: string;
  readonly #known = new Set<string>();
  #temporary = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async writeAll(writes: readonly DriverWrite[], synced: boolean): Promise<void> {
    for (const { key, value } of writes) {
      const [block, kind, name] = pathOf(key);
      const directory = join(this.#root, block, kind);
      await this.#settle(directory);
      const path = join(directory, name);
      if (value === undefined) await unlink(path);
      else await this.#place(path, value, synced);
      if (synced) await syncDirectory(directory);
    }
  }

  async #settle(directory: string): Promise<void> {
    if (this.#known.has(directory)) return;
    await mkdir(directory, { recursive: true });
    this.#known.add(directory);
  }

  async #place(path: string, bytes: Uint8Array, synced: boolean): Promise<void> {
    const temporary = `${path}.${this.#temporary++}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(bytes);
      if (synced) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Directory of the block, directory of the kind, file. The ids here are harmless as names. */
export function pathOf(key: RecordKey): [block: string, kind: string, name: string] {
  switch (key.kind) {
    case 'log':
      return ['log', '', `${key.seq}.json`];
    case 'meta':
      return [key.blockId, '', 'meta.json'];
    case 'rev':
      return [key.blockId, 'revs', `${key.rev}.json`];
    case 'pend':
    case 'trx':
    case 'block':
      return [key.blockId, key.kind, `${key.trxId}.json`];
  }
}
