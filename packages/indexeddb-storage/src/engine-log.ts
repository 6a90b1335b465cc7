import { deleteDB, openDB } from 'idb';

/**
 * Makes Chromium start a new log for this origin's databases, by deleting one that was made for it.
 *
 * Chromium keeps IndexedDB in LevelDB, and appends to the log that a killed browser left. Where that log ends in a torn
 * record, the next start but one takes what was appended for corruption, and deletes everything, acknowledged or not
 * (google/leveldb#1287; seen in Chromium 156). So an owner has this done before its first write. Elsewhere it is a
 * matter of milliseconds and does nothing.
 */
export async function startNewEngineLog(store: string): Promise<void> {
  const scratch = `${store} (scratch)`;
  const db = await openDB(scratch, 1, { upgrade: upgrading => void upgrading.createObjectStore('scratch') });
  db.close();
  await deleteDB(scratch);
}
