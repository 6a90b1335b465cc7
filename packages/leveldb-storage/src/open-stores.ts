// LevelDB opens and closes its lock file again when this process holds the lock already, and POSIX then drops that lock:
// so a second instance must be turned away before LevelDB hears of it (INV-10).
const openStores = new Set<string>();

/**
 * Claims a directory for one instance of this thread; the returned function gives it back. `undefined`: it is taken.
 *
 * @param path free of symbolic links, so that one directory has one name.
 */
export function claimStore(path: string): (() => void) | undefined {
  if (openStores.has(path)) return undefined;
  openStores.add(path);
  return () => openStores.delete(path);
}
