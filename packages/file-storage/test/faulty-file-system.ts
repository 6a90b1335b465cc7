import { nodeFileSystem, type FileSystem, type OpenFile } from '../src/index.js';

/** The machine's file system, with failures that a test asks for. */
export class FaultyFileSystem {
  /** From now on nothing can be read. */
  failsReads = false;
  /** The next write takes half of its bytes, and fails. */
  failsNextWrite = false;

  readonly fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async path => this.#watched(await nodeFileSystem.create(path)),
    open: async path => this.#watched(await nodeFileSystem.open(path)),
    readFile: async path => {
      this.#mustRead();
      return nodeFileSystem.readFile(path);
    },
    readFileSync: (path, bytesMax) => {
      this.#mustRead();
      return nodeFileSystem.readFileSync(path, bytesMax);
    },
    readdir: async path => {
      this.#mustRead();
      return nodeFileSystem.readdir(path);
    },
  };

  #watched(file: OpenFile): OpenFile {
    return {
      write: async (bytes, position) => {
        if (!this.failsNextWrite) return file.write(bytes, position);
        this.failsNextWrite = false;
        await file.write(bytes.subarray(0, bytes.length >> 1), position);
        throw ioError();
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }

  #mustRead(): void {
    if (this.failsReads) throw ioError();
  }
}

function ioError(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'test' });
}
