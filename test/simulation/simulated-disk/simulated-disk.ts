import type { FileStatus, FileSystem, OpenFile } from '@blockstrata/file-storage';
import { DiskState, type DiskNode, type DiskOperation, type Inode } from './disk-state.js';
import { diskError } from './disk-error.js';
import { NO_FAULTS, type FaultPlan } from './fault-plan.js';

/**
 * A file system in memory that records all that happens to it. What was not synced may be lost: see `CrashCursor`. The
 * calls that a {@link FaultPlan} names fail.
 */
export class SimulatedDisk implements FileSystem {
  readonly trace: DiskOperation[] = [];
  /** What the disk held at first, all of it durable. */
  readonly initial: DiskState;
  readonly #state: DiskState;
  readonly #faults: FaultPlan;
  #nextInode: Inode;

  constructor(initial: DiskState = new DiskState(), faults: FaultPlan = NO_FAULTS) {
    this.initial = initial;
    this.#state = initial.clone();
    this.#faults = faults;
    this.#nextInode = Math.max(...initial.nodes.keys()) + 1;
  }

  /** What a process sees now, synced or not. */
  get state(): DiskState {
    return this.#state;
  }

  /** Flips a bit of what lies on the disk; the fractions choose the byte among all, and the bit. */
  flip(at: number, bit: number): string {
    let position = Math.floor(at * this.#state.bytes);
    for (const [inode, node] of this.#state.nodes) {
      if (node.kind !== 'file') continue;
      if (position < node.content.length) {
        this.#do({ kind: 'flip', inode, position, bit: Math.floor(bit * 8) });
        return `bit ${Math.floor(bit * 8)} of byte ${position} of inode ${inode}`;
      }
      position -= node.content.length;
    }
    return 'nothing';
  }

  /** Flips a bit of a file. */
  flipIn(path: string, position: number, bit: number): void {
    this.#do({ kind: 'flip', inode: this.#fileAt(path).inode, position, bit });
  }

  async create(path: string): Promise<OpenFile> {
    await this.#call('create');
    const { directory, name } = this.#parent(path);
    if (this.#state.find(path) !== undefined) throw diskError('EEXIST', path);
    const inode = this.#make('file');
    this.#do({ kind: 'enter', inode: directory, name, child: inode });
    return this.#file(inode);
  }

  async open(path: string): Promise<OpenFile> {
    await this.#call('open');
    return this.#file(this.#fileAt(path).inode);
  }

  async readFile(path: string): Promise<Uint8Array> {
    await this.#call('read');
    return Buffer.from(this.#fileAt(path).content);
  }

  readFileSync(path: string, bytesMax: number): Uint8Array | undefined {
    this.#faults.next('read');
    const { content } = this.#fileAt(path);
    return content.length > bytesMax ? undefined : Buffer.from(content);
  }

  statusSync(path: string): FileStatus | undefined {
    const node = this.#state.find(path)?.node;
    return node && { kind: node.kind, size: node.kind === 'file' ? node.content.length : 0 };
  }

  async readdir(path: string): Promise<string[]> {
    await this.#call('readdir');
    return [...this.#directoryAt(path).entries.keys()];
  }

  async mkdir(path: string): Promise<void> {
    await this.#call('mkdir');
    const { directory, name } = this.#parent(path);
    if (this.#state.find(path) !== undefined) throw diskError('EEXIST', path);
    this.#do({ kind: 'enter', inode: directory, name, child: this.#make('directory') });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename');
    const source = this.#parent(from);
    const target = this.#parent(to);
    const { inode } = this.#fileAt(from);
    this.#do({ kind: 'enter', inode: target.directory, name: target.name, child: inode });
    this.#do({ kind: 'leave', inode: source.directory, name: source.name });
  }

  async link(from: string, to: string): Promise<void> {
    await this.#call('link');
    const { directory, name } = this.#parent(to);
    const { inode } = this.#fileAt(from);
    if (this.#state.find(to) !== undefined) throw diskError('EEXIST', to);
    this.#do({ kind: 'enter', inode: directory, name, child: inode });
  }

  async unlink(path: string): Promise<void> {
    await this.#call('unlink');
    const { directory, name } = this.#parent(path);
    this.#fileAt(path);
    this.#do({ kind: 'leave', inode: directory, name });
  }

  async syncDirectory(path: string): Promise<void> {
    const { inode } = this.#directoryAt(path);
    await this.#sync(inode);
  }

  #file(inode: Inode): OpenFile {
    return {
      write: async (bytes, position) => {
        const taken = await this.#takes(bytes.length);
        if (taken > 0) this.#do({ kind: 'write', inode, position, bytes: Buffer.from(bytes.subarray(0, taken)) });
        return taken;
      },
      sync: () => this.#sync(inode),
      close: async () => undefined,
    };
  }

  async #sync(inode: Inode): Promise<void> {
    await Promise.resolve();
    try {
      this.#faults.next('sync');
    } catch (error) {
      // The kernel marks the pages clean all the same: a later sync will not write them.
      this.#do({ kind: 'failed-sync', inode });
      throw error;
    }
    this.#do({ kind: 'sync', inode });
  }

  /** How many bytes of a write are taken; what does not fit is not. */
  async #takes(bytes: number): Promise<number> {
    await Promise.resolve();
    const taken = this.#faults.takes(bytes, this.#state);
    if (taken === 0) throw diskError('ENOSPC', 'write');
    return taken;
  }

  /** Every call answers later, and may be one that fails. */
  async #call(name: string): Promise<void> {
    await Promise.resolve();
    this.#faults.next(name);
  }

  #do(operation: DiskOperation): void {
    this.trace.push(operation);
    this.#state.apply(operation);
  }

  #make(type: 'file' | 'directory'): Inode {
    const inode = this.#nextInode++;
    this.#do({ kind: 'make', inode, type });
    return inode;
  }

  #parent(path: string): { directory: Inode; name: string } {
    const end = path.lastIndexOf('/');
    const found = this.#state.find(path.slice(0, end));
    if (found === undefined) throw diskError('ENOENT', path);
    if (found.node.kind !== 'directory') throw diskError('ENOTDIR', path);
    return { directory: found.inode, name: path.slice(end + 1) };
  }

  #fileAt(path: string): { inode: Inode; content: Buffer } {
    const found = this.#state.find(path);
    if (found === undefined) throw diskError('ENOENT', path);
    if (found.node.kind !== 'file') throw diskError('EISDIR', path);
    return { inode: found.inode, content: found.node.content };
  }

  #directoryAt(path: string): { inode: Inode } & Extract<DiskNode, { kind: 'directory' }> {
    const found = this.#state.find(path);
    if (found === undefined) throw diskError('ENOENT', path);
    if (found.node.kind !== 'directory') throw diskError('ENOTDIR', path);
    return { inode: found.inode, ...found.node };
  }
}
