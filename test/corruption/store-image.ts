import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** The files of a store, by their paths in it. */
export type StoreImage = ReadonlyMap<string, Buffer>;

/** Takes a store's files as they are; `except` says which are no part of it. */
export async function readImage(
  directory: string,
  except: (path: string) => boolean = () => false,
): Promise<StoreImage> {
  const image = new Map<string, Buffer>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = relative(directory, join(entry.parentPath, entry.name));
    if (entry.isFile() && !except(path)) image.set(path, await readFile(join(directory, path)));
  }
  return new Map([...image].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Puts a store's files where none is. */
export async function writeImage(image: StoreImage, directory: string): Promise<void> {
  const made = new Set<string>();
  for (const [path, bytes] of image) {
    const file = join(directory, path);
    if (!made.has(dirname(file))) await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    made.add(dirname(file));
    await writeFile(file, bytes, { mode: 0o600 });
  }
}
