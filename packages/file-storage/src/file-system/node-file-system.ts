import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { SYNC_WRITE_BYTES_MAX } from '../bounds.js';
import type { FileKind, FileStatus, FileSystem, OpenFile } from './file-system.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants;
// Windows knows neither flag; it has no directory sync either.
const NO_FOLLOW = (fs.constants.O_NOFOLLOW as number | undefined) ?? 0;
const READ = O_RDONLY | NO_FOLLOW;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | NO_FOLLOW;
const UPDATE = O_WRONLY | NO_FOLLOW;
const syncsDirectories = process.platform !== 'win32';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

// The callback API costs less than half of a FileHandle.
const open = promisify(fs.open);
const close = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const mkdir = promisify(fs.mkdir);

class NodeOpenFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** A small write at once: it goes to the page cache, and two ways between threads would take longer than that. */
  write(bytes: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (bytes.length <= SYNC_WRITE_BYTES_MAX) {
        resolve(fs.writeSync(this.#descriptor, bytes, 0, bytes.length, position));
        return;
      }
      fs.write(this.#descriptor, bytes, 0, bytes.length, position, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }

  sync(): Promise<void> {
    return fdatasync(this.#descriptor);
  }

  /** At once: what was written is synced before, so that nothing is left to be done but letting go. */
  close(): Promise<void> {
    return new Promise(resolve => {
      fs.closeSync(this.#descriptor);
      resolve();
    });
  }
}

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  create: async path => new NodeOpenFile(await open(path, CREATE, FILE_MODE)),
  open: async path => new NodeOpenFile(await open(path, UPDATE)),
  readFile: path => fs.promises.readFile(path, { flag: READ }),
  readFileSync(path, bytesMax) {
    const descriptor = fs.openSync(path, READ);
    try {
      const { size } = fs.fstatSync(descriptor);
      return size > bytesMax ? undefined : readFully(descriptor, size);
    } finally {
      fs.closeSync(descriptor);
    }
  },
  statusSync(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? undefined : statusOf(stats);
  },
  readdir: path => fs.promises.readdir(path),
  async mkdir(path) {
    await mkdir(path, DIRECTORY_MODE);
  },
  rename: promisify(fs.rename),
  link: promisify(fs.link),
  unlink: promisify(fs.unlink),
  async syncDirectory(path) {
    if (!syncsDirectories) return;
    const descriptor = await open(path, READ | O_DIRECTORY);
    try {
      await fsync(descriptor);
    } finally {
      await close(descriptor);
    }
  },
};

function readFully(descriptor: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const read = fs.readSync(descriptor, bytes, length, size - length, length);
    if (read === 0) break;
    length += read;
  }
  return length === size ? bytes : bytes.subarray(0, length);
}

function statusOf(stats: fs.Stats): FileStatus {
  const kind: FileKind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { kind, size: stats.size };
}
