import { git } from './git-fixture.js';

/** A path as latin-1 text, one character a byte, so that any bytes can be a key. */
export type PathKey = string;

/** What a path is to hold; `undefined`: it is deleted. */
export type FileChange = { mode: '100644' | '100755' | '120000' | '160000'; content: Buffer } | undefined;

type Draft = { branch: string; from?: number; merges: readonly number[]; files: ReadonlyMap<PathKey, FileChange> };

/** Builds a history of any shape for `git fast-import`. */
export class FastImport {
  readonly #chunks: Buffer[] = [];
  #marks = 0;

  /** Adds a commit and gives its mark. The content of a submodule is the id of its commit. */
  commit({ branch, from, merges, files }: Draft): number {
    const mark = ++this.#marks;
    const message = `commit ${mark}`;
    this.#text(`commit refs/heads/${branch}\nmark :${mark}\n`);
    this.#text(`committer C <c@example.com> ${1_700_000_000 + mark} +0000\ndata ${message.length}\n${message}\n`);
    if (from !== undefined) this.#text(`from :${from}\n`);
    for (const merged of merges) this.#text(`merge :${merged}\n`);
    // Deletions first, so that a file can make way for a folder.
    for (const [path, file] of files) if (file === undefined) this.#text(`D ${quoted(path)}\n`);
    for (const [path, file] of files) if (file !== undefined) this.#modify(path, file);
    this.#text('\n');
    return mark;
  }

  /** Writes all of it into an empty repository. */
  write(directory: string): void {
    git(directory, ['fast-import', '--quiet', '--date-format=raw'], Buffer.concat(this.#chunks));
    git(directory, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  }

  #modify(path: PathKey, { mode, content }: Exclude<FileChange, undefined>): void {
    if (mode === '160000') return this.#text(`M ${mode} ${content.toString()} ${quoted(path)}\n`);
    this.#text(`M ${mode} inline ${quoted(path)}\ndata ${content.length}\n`);
    this.#chunks.push(content);
    this.#text('\n');
  }

  #text(text: string): void {
    this.#chunks.push(Buffer.from(text, 'latin1'));
  }
}

function quoted(path: PathKey): string {
  const bytes = Array.from(Buffer.from(path, 'latin1'), byte => `\\${byte.toString(8).padStart(3, '0')}`);
  return `"${bytes.join('')}"`;
}
