import { SUBMODULE_MODE, type CommitChanges, type PathChange } from '../git/changes.js';
import type { BlobReader } from '../git/blob-reader.js';
import { quotePath } from '../output/quote-path.js';
import { fileContent, type FileContent } from './content.js';
import { fileBlockId } from './file-block.js';
import type { LoadedChange } from './plan-transaction.js';

/** A commit with the contents that it leads to. */
export type LoadedCommit = Omit<CommitChanges, 'changes'> & { readonly changes: readonly LoadedChange[] };

/**
 * Loads the contents of each commit, one commit ahead of the one that is being written.
 *
 * @throws CommandError if git lacks an object.
 */
export async function* loadChanges(
  stream: AsyncIterable<CommitChanges>,
  blobs: BlobReader,
): AsyncGenerator<LoadedCommit> {
  let previous: Promise<LoadedCommit> | undefined;
  for await (const commit of stream) {
    const loading = loadCommit(commit, blobs);
    // It is looked at only after the commit before it.
    loading.catch(() => undefined);
    if (previous !== undefined) yield await previous;
    previous = loading;
  }
  if (previous !== undefined) yield await previous;
}

/** The content that git has for an entry of a tree. @throws CommandError if it lacks the object. */
export async function entryContent(
  change: PathChange,
  commitId: string,
  blobs: BlobReader,
): Promise<FileContent | undefined> {
  const { path, after } = change;
  if (after === undefined) return undefined;
  if (after.mode === SUBMODULE_MODE) return [after.objectId];
  return fileContent(await blobs.read(after.objectId, `${quotePath(path)} at commit ${commitId}`));
}

async function loadCommit(commit: CommitChanges, blobs: BlobReader): Promise<LoadedCommit> {
  const changes = await Promise.all(
    commit.changes.map(async change => {
      const content = await entryContent(change, commit.commit.id, blobs);
      return { ...change, blockId: fileBlockId(change.path), content };
    }),
  );
  return { ...commit, changes };
}
