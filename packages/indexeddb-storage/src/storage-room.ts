/** What the browser says of the room that this origin has. */
export type StorageRoom = {
  /** Bytes that the origin uses, all of its databases and caches together, about. */
  readonly usageBytes: number | undefined;
  /** Bytes that the origin may use. */
  readonly quotaBytes: number | undefined;
};

/**
 * What became of asking the browser to keep this origin's data under pressure: not asked, still being decided, granted,
 * refused (the data may be evicted when the device runs short), or a platform that cannot be asked.
 */
export type Persistence = 'unasked' | 'asking' | 'granted' | 'refused' | 'unsupported';

/** The origin's room; both fields `undefined` where the platform does not tell. */
export async function storageRoom(): Promise<StorageRoom> {
  const manager = storageManager();
  if (typeof manager?.estimate !== 'function') return { usageBytes: undefined, quotaBytes: undefined };
  // Failing to learn the room must not hide the failure that it was asked for.
  const estimate = await manager.estimate().catch((): StorageEstimate => ({}));
  return { usageBytes: estimate.usage, quotaBytes: estimate.quota };
}

/** Asks for persistent storage, and says what the answer was. */
export async function askForPersistence(): Promise<Persistence> {
  const manager = storageManager();
  if (typeof manager?.persist !== 'function') return 'unsupported';
  const granted = await manager.persist().catch(() => false);
  return granted ? 'granted' : 'refused';
}

function storageManager(): Partial<StorageManager> | undefined {
  return (globalThis as { navigator?: { storage?: StorageManager } }).navigator?.storage;
}
