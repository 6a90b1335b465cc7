/** What salvaging does about damage; what it takes away goes to a directory beside, `lost`. */
export type Remedy =
  /** Keep the whole batches of a log: LevelDB would drop whatever shares a block with a damaged one. */
  | { readonly kind: 'rewrite-log'; readonly name: string }
  /** Take a table out of the manifest. */
  | { readonly kind: 'drop-table'; readonly level: number; readonly number: number; readonly name: string | undefined }
  /** Have LevelDB make a new manifest of all tables and logs that it can read. */
  | { readonly kind: 'rebuild' }
  /** What is gone is gone. */
  | { readonly kind: 'accept' };

/** Damage in one of LevelDB's files. */
export type Finding = {
  /** The file, and where in it. */
  readonly record: string;
  readonly problem: string;
  readonly remedy: Remedy;
};

/** How a place in a file is named to people. */
export function placeIn(file: string, offset: number): string {
  return `${file} at byte ${offset}`;
}
