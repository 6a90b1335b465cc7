const STORE = '.store';
const RIGHT_PREFIX = 'lock-';
const FIRST_OPENING: ReadonlySet<string> = new Set(['lock', 'tmp', 'journal', 'log']);

/** Where the parts of a store are. */
export class StorePaths {
  /** The directory of the store: below it `.store`, and one directory for each block. */
  readonly root: string;
  readonly store: string;
  readonly header: string;
  readonly lock: string;
  readonly journal: string;
  readonly log: string;
  /** Files that are not finished: what a crash leaves here is garbage. */
  readonly temporary: string;

  /** @param root an absolute path */
  constructor(root: string) {
    this.root = root;
    this.store = `${root}/${STORE}`;
    this.header = this.inStore('header.json');
    this.lock = this.inStore('lock');
    this.journal = this.inStore('journal');
    this.log = this.inStore('log');
    this.temporary = this.inStore('tmp');
  }

  inStore(name: string): string {
    return `${this.store}/${name}`;
  }

  /** The right to replace the lock that carries `token`. */
  rightTo(token: string): string {
    return this.inStore(RIGHT_PREFIX + token);
  }

  /** Whether a name in `.store` can be there before the header is. */
  isOfFirstOpening(name: string): boolean {
    return FIRST_OPENING.has(name) || this.isRight(name);
  }

  isRight(name: string): boolean {
    return name.startsWith(RIGHT_PREFIX);
  }

  /** Whether a name in the root is that of the store's own part. */
  isStore(name: string): boolean {
    return name === STORE;
  }
}
