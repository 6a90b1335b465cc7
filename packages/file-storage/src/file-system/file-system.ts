/** What stands at a path; a symbolic link is reported as `'other'`, never followed. */
export type FileKind = 'file' | 'directory' | 'other';

/** What stands at a path, and how large it is in bytes. */
export type FileStatus = { readonly kind: FileKind; readonly size: number };

/** A file open for writing. */
export interface OpenFile {
  /** Writes at `position`, and resolves with how many bytes were taken: perhaps not all. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Resolves once content and size are on disk (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * All that the file backend asks of a file system. {@link nodeFileSystem} is the default; a simulated disk is another.
 *
 * Paths are absolute. The last part of a path is never followed where it is a symbolic link. What is created belongs to
 * its owner alone (directories 0700, files 0600). Failures are Node's: errors with a `code` such as `ENOENT`.
 */
export interface FileSystem {
  /** Creates a file that must not be there yet (`EEXIST`). */
  create(path: string): Promise<OpenFile>;
  /** Opens a file that is there, for writing. */
  open(path: string): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  /** The content of a file at once, or `undefined` where it is larger than `bytesMax`. */
  readFileSync(path: string, bytesMax: number): Uint8Array | undefined;
  /** What stands at a path, or `undefined`. */
  statusSync(path: string): FileStatus | undefined;
  readdir(path: string): Promise<string[]>;
  mkdir(path: string): Promise<void>;
  /** Replaces what is at `to` in one step. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; `EEXIST` where `to` is taken. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Resolves once the names in a directory are on disk. */
  syncDirectory(path: string): Promise<void>;
}
