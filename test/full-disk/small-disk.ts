import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real file system in memory that holds a few megabytes, so that it can really be full. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one; `undefined` where this process may not mount. */
  static async mount(bytes: number): Promise<SmallDisk | undefined> {
    const path = await mkdtemp(join(tmpdir(), 'blockstrata-small-disk-'));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
    } catch {
      await rm(path, { recursive: true });
      return undefined;
    }
    return new SmallDisk(path);
  }

  /** Takes up all but so many bytes. */
  async fill(bytesLeft: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    await writeFile(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytesLeft)));
  }

  /** Gives all of that back. */
  async clear(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  async unmount(): Promise<void> {
    await run('umount', ['-l', this.path]);
    await rm(this.path, { recursive: true });
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }
}
