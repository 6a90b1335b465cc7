import { dirname, relative } from 'node:path';
import type { DiskOperation, Inode } from '../simulation/simulated-disk/disk-state.js';
import { DiskState, ROOT } from '../simulation/simulated-disk/disk-state.js';
import { parseMessages, type Message } from './messages.js';
import { parseStrace, type SystemCall } from './system-calls.js';

/** What a child did to a directory, and what it told meanwhile: `told[i]` when `at` operations had happened. */
export type Trace = {
  readonly operations: readonly DiskOperation[];
  readonly told: readonly { readonly message: Message; readonly at: number }[];
};

type OpenFile = { readonly inode: Inode; offset: number; readonly append: boolean };
type Event = { readonly operation: DiskOperation } | { readonly message: Message };

/** Makes of system calls what they did to the files in `root`, which held `initial`; the root of the disk stands for it. */
export function traceOf(strace: string, root: string, initial = new DiskState()): Trace {
  const builder = new TraceBuilder(root, initial);
  for (const event of parseStrace(strace)) {
    if (event.kind === 'begins') builder.begin(event.thread, event.name, event.words);
    else builder.end(event.thread, event.call);
  }
  return builder.trace();
}

class TraceBuilder {
  readonly #root: string;
  readonly #state: DiskState;
  #events: Event[] = [];
  readonly #open = new Map<number, OpenFile>();
  /** Syncs under way, by thread, and what has happened since they began: that they need not have put on disk. */
  readonly #syncing = new Map<string, Set<Event>>();
  #nextInode: Inode;
  #partOfMessage = '';

  constructor(root: string, initial: DiskState) {
    this.#root = root;
    this.#state = initial.clone();
    this.#nextInode = Math.max(ROOT, ...initial.nodes.keys()) + 1;
  }

  begin(thread: string, name: string, words: readonly string[]): void {
    if (isSync(name)) this.#syncing.set(thread, new Set());
    // Another thread may be given the number before this one's call is seen to end.
    if (name === 'close') this.#open.delete(Number(words[0]));
  }

  end(thread: string, { name, strings, words, result }: SystemCall): void {
    const [first = '', second = ''] = strings.map(String);
    const descriptor = Number(words[0]);
    switch (name) {
      case 'open':
      case 'openat':
        return this.#opened(first, words.find(word => word.startsWith('O_')) ?? '', result);
      case 'creat':
        return this.#opened(first, 'O_WRONLY|O_CREAT|O_TRUNC', result);
      case 'write':
      case 'writev':
        return this.#written(descriptor, Buffer.concat(strings).subarray(0, result), undefined);
      case 'pwrite64':
      case 'pwritev':
        return this.#written(descriptor, Buffer.concat(strings).subarray(0, result), Number(words.at(-1)));
      case 'lseek':
        return this.#sought(descriptor, result);
      case 'fsync':
      case 'fdatasync':
        return this.#synced(thread, descriptor);
      case 'rename':
      case 'renameat':
      case 'renameat2':
        return this.#renamed(first, second);
      case 'link':
      case 'linkat':
        return this.#entered(second, this.#state.find(this.#inside(first) ?? '')?.inode);
      case 'unlink':
      case 'unlinkat':
        return this.#left(first);
      case 'mkdir':
      case 'mkdirat':
        return this.#made(first, 'directory');
      case 'ftruncate':
        return this.#truncated(this.#open.get(descriptor)?.inode, Number(words[1]));
      case 'truncate':
        return this.#truncated(this.#state.find(this.#inside(first) ?? '')?.inode, Number(words[1]));
      case 'close':
        return;
      default:
        throw new RangeError(`a trace cannot tell what ${name} did`);
    }
  }

  trace(): Trace {
    const operations: DiskOperation[] = [];
    const told: { message: Message; at: number }[] = [];
    for (const event of this.#events) {
      if ('operation' in event) operations.push(event.operation);
      else told.push({ message: event.message, at: operations.length });
    }
    return { operations, told };
  }

  #opened(path: string, flags: string, descriptor: number): void {
    const inside = this.#inside(path);
    if (inside === undefined) return;
    if (flags.includes('O_CREAT') && this.#state.find(inside) === undefined) this.#made(path, 'file');
    if (flags.includes('O_TRUNC')) this.#emptied(inside);
    const found = this.#state.find(inside);
    if (found === undefined) return;
    this.#open.set(descriptor, { inode: found.inode, offset: 0, append: flags.includes('O_APPEND') });
  }

  #emptied(inside: string): void {
    const found = this.#state.find(inside);
    if (found?.node.kind === 'file' && found.node.content.length > 0) this.#truncated(found.inode, 0);
  }

  #written(descriptor: number, bytes: Buffer, position: number | undefined): void {
    if (descriptor === 1) return this.#tell(bytes);
    const file = this.#open.get(descriptor);
    if (file === undefined) return;
    const node = this.#state.nodes.get(file.inode);
    if (file.append && node?.kind === 'file') file.offset = node.content.length;
    this.#do({ kind: 'write', inode: file.inode, position: position ?? file.offset, bytes });
    if (position === undefined) file.offset += bytes.length;
  }

  #tell(bytes: Buffer): void {
    const text = this.#partOfMessage + bytes.toString();
    for (const message of parseMessages(text)) this.#events.push({ message });
    this.#partOfMessage = text.slice(text.lastIndexOf('\n') + 1);
  }

  #sought(descriptor: number, offset: number): void {
    const file = this.#open.get(descriptor);
    if (file !== undefined) file.offset = offset;
  }

  #synced(thread: string, descriptor: number): void {
    const inode = this.#open.get(descriptor)?.inode;
    if (inode === undefined) return;
    const since = this.#syncing.get(thread) ?? new Set();
    this.#syncing.delete(thread);
    const uncovered = [...since].filter(event => 'operation' in event && event.operation.inode === inode);
    if (uncovered.length > 0) this.#events = this.#events.filter(event => !uncovered.includes(event));
    this.#events.push({ operation: { kind: 'sync', inode } }, ...uncovered);
  }

  #renamed(from: string, to: string): void {
    this.#entered(to, this.#state.find(this.#inside(from) ?? '')?.inode);
    this.#left(from);
  }

  #made(path: string, type: 'file' | 'directory'): void {
    const inside = this.#inside(path);
    if (inside === undefined || inside === '') return;
    const inode = this.#nextInode++;
    this.#do({ kind: 'make', inode, type });
    this.#entered(path, inode);
  }

  #entered(path: string, child: Inode | undefined): void {
    const inside = this.#inside(path);
    if (inside === undefined || child === undefined) return;
    const directory = this.#state.find(parentOf(inside));
    if (directory !== undefined) this.#do({ kind: 'enter', inode: directory.inode, name: nameOf(inside), child });
  }

  #left(path: string): void {
    const inside = this.#inside(path);
    if (inside === undefined) return;
    const directory = this.#state.find(parentOf(inside));
    if (directory !== undefined) this.#do({ kind: 'leave', inode: directory.inode, name: nameOf(inside) });
  }

  // As if another file with what is left had taken its name: a crash leaves the one or the other.
  #truncated(inode: Inode | undefined, length: number): void {
    const node = inode === undefined ? undefined : this.#state.nodes.get(inode);
    if (inode === undefined || node?.kind !== 'file') return;
    const shorter = this.#nextInode++;
    const bytes = Buffer.concat([node.content, Buffer.alloc(Math.max(0, length - node.content.length))], length);
    this.#do({ kind: 'make', inode: shorter, type: 'file' });
    this.#do({ kind: 'write', inode: shorter, position: 0, bytes });
    this.#do({ kind: 'sync', inode: shorter });
    for (const { directory, name } of this.#namesOf(inode)) {
      this.#do({ kind: 'enter', inode: directory, name, child: shorter });
    }
    for (const [descriptor, file] of this.#open) {
      if (file.inode === inode) this.#open.set(descriptor, { ...file, inode: shorter });
    }
  }

  #namesOf(inode: Inode): { directory: Inode; name: string }[] {
    return [...this.#state.nodes].flatMap(([directory, node]) => {
      const entries = node.kind === 'directory' ? [...node.entries] : [];
      return entries.filter(([, child]) => child === inode).map(([name]) => ({ directory, name }));
    });
  }

  #do(operation: DiskOperation): void {
    this.#state.apply(operation);
    const event = { operation };
    this.#events.push(event);
    for (const since of this.#syncing.values()) since.add(event);
  }

  /** The path below the root; `undefined` outside of it. */
  #inside(path: string): string | undefined {
    const inside = relative(this.#root, path);
    return inside.startsWith('..') || path === '' ? undefined : inside;
  }
}

function isSync(name: string): boolean {
  return name === 'fsync' || name === 'fdatasync';
}

function parentOf(path: string): string {
  return dirname(`/${path}`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
