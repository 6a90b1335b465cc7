/** The number of a file or a directory, whatever its names. */
export type Inode = number;

/** A file by its content, or a directory by its names. Contents are replaced, never changed. */
export type DiskNode =
  { readonly kind: 'file'; content: Buffer } | { readonly kind: 'directory'; readonly entries: Map<string, Inode> };

/** What happens to a disk. A rename is a `leave` and an `enter`. */
export type DiskOperation =
  | { readonly kind: 'make'; readonly inode: Inode; readonly type: 'file' | 'directory' }
  | { readonly kind: 'write'; readonly inode: Inode; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly inode: Inode; readonly length: number }
  | { readonly kind: 'enter'; readonly inode: Inode; readonly name: string; readonly child: Inode }
  | { readonly kind: 'leave'; readonly inode: Inode; readonly name: string }
  | { readonly kind: 'sync'; readonly inode: Inode }
  | { readonly kind: 'failed-sync'; readonly inode: Inode }
  | { readonly kind: 'flip'; readonly inode: Inode; readonly position: number; readonly bit: number };

export const ROOT: Inode = 0;

/** All files and directories of a disk at one moment. */
export class DiskState {
  readonly nodes: Map<Inode, DiskNode>;

  constructor(nodes: Map<Inode, DiskNode> = new Map([[ROOT, { kind: 'directory', entries: new Map() }]])) {
    this.nodes = nodes;
  }

  clone(): DiskState {
    const nodes = new Map<Inode, DiskNode>();
    for (const [inode, node] of this.nodes) {
      nodes.set(inode, node.kind === 'file' ? { ...node } : { kind: 'directory', entries: new Map(node.entries) });
    }
    return new DiskState(nodes);
  }

  apply(operation: DiskOperation): void {
    const { inode } = operation;
    if (operation.kind === 'make') {
      this.nodes.set(
        inode,
        operation.type === 'file' ? { kind: 'file', content: EMPTY } : { kind: 'directory', entries: new Map() },
      );
      return;
    }
    const node = this.nodes.get(inode);
    if (node === undefined) return;
    if (node.kind === 'file') node.content = contentAfter(node.content, operation);
    else if (operation.kind === 'enter') node.entries.set(operation.name, operation.child);
    else if (operation.kind === 'leave') node.entries.delete(operation.name);
  }

  /** The node at an absolute path, or `undefined`. */
  find(path: string): { inode: Inode; node: DiskNode } | undefined {
    let inode = ROOT;
    for (const name of path.split('/').filter(part => part !== '')) {
      const node = this.nodes.get(inode);
      const child = node?.kind === 'directory' ? node.entries.get(name) : undefined;
      if (child === undefined) return undefined;
      inode = child;
    }
    const node = this.nodes.get(inode);
    return node && { inode, node };
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = 0;
    for (const node of this.nodes.values()) bytes += node.kind === 'file' ? node.content.length : 0;
    return bytes;
  }
}

const EMPTY = Buffer.alloc(0);

function contentAfter(content: Buffer, operation: DiskOperation): Buffer {
  if (operation.kind === 'truncate') return resized(content, operation.length);
  if (operation.kind === 'flip') return flipped(content, operation);
  if (operation.kind !== 'write') return content;
  const end = operation.position + operation.bytes.length;
  const grown = resized(content, Math.max(content.length, end));
  operation.bytes.copy(grown, operation.position);
  return grown;
}

function flipped(content: Buffer, { position, bit }: { position: number; bit: number }): Buffer {
  const copy = Buffer.from(content);
  if (position < copy.length) copy.writeUInt8(copy.readUInt8(position) ^ (1 << bit), position);
  return copy;
}

function resized(content: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length);
  content.copy(copy);
  return copy;
}
