/** LevelDB's own name for the file that names the manifest in use. */
export const CURRENT_NAME = 'CURRENT';

/** LevelDB's own name for its lock file. Never open it here: closing it would drop the lock of this process. */
export const LOCK_NAME = 'LOCK';

/** The number in the name of a log, as in `000005.log`. */
export function logNumberOf(name: string): number | undefined {
  return numberIn(/^(\d+)\.log$/, name);
}

/** The number in the name of a table, as in `000005.ldb`; stores of old versions have `.sst`. */
export function tableNumberOf(name: string): number | undefined {
  return numberIn(/^(\d+)\.(?:ldb|sst)$/, name);
}

/** The name that LevelDB gives to the table of a number. */
export function tableName(number: number): string {
  return `${String(number).padStart(6, '0')}.ldb`;
}

/** The number in the name of a manifest, as in `MANIFEST-000005`. */
export function manifestNumberOf(name: string): number | undefined {
  return numberIn(/^MANIFEST-(\d+)$/, name);
}

function numberIn(pattern: RegExp, name: string): number | undefined {
  const digits = pattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
