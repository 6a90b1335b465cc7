import { FastImport, type FileChange, type PathKey } from './fast-import.js';
import { initRepository } from './git-fixture.js';
import { SeededRandom } from './seeded-random.js';

/** How large a history to make. */
export type HostileOptions = { path: string; seed: number; commits: number; objectFormat?: 'sha1' | 'sha256' };

const MiB = 1024 * 1024;

const key = (path: string): PathKey => Buffer.from(path, 'utf8').toString('latin1');

const ODD_NAMES: readonly PathKey[] = [
  'caf\xe9.txt', // latin-1, no UTF-8
  '\xff\xfe/\x80',
  key('naïve/日本語.md'),
  key('line\nbreak.txt'),
  key('tab\tand "quotes" and \\.txt'),
  key('"quoted"'),
  key(' leading and trailing '),
  key('-rf'),
  key(':100644 000000'),
  key('__proto__'),
  key('constructor/prototype/toString'),
  key('.gitattributes'),
  key('.hidden/..dots/a...b'),
  key('CON/NUL.txt'),
  key('A/case'),
  key('a/CASE'),
  key('\u0001\u001b[31m'),
  key('deep/'.repeat(40) + 'leaf'),
  key('x'.repeat(250)),
  key('👩‍👩‍👧'),
];

/**
 * A repository of the kind that breaks tools: names that are no UTF-8, binary files, every change of type, merges with
 * many parents, commits without changes. The same seed makes the same commits.
 */
export function makeHostileRepository({ path, seed, commits, objectFormat = 'sha1' }: HostileOptions): void {
  initRepository(path, `--object-format=${objectFormat}`);
  const history = new HostileHistory(new SeededRandom(seed), objectFormat === 'sha1' ? 40 : 64);
  for (let i = 0; i < commits; i++) history.step(i);
  history.write(path);
}

class HostileHistory {
  readonly #random: SeededRandom;
  readonly #idLength: number;
  readonly #import = new FastImport();
  readonly #files = new Map<PathKey, Exclude<FileChange, undefined>>();
  #tip: number | undefined;
  #sides = 0;

  constructor(random: SeededRandom, idLength: number) {
    this.#random = random;
    this.#idLength = idLength;
  }

  write(path: string): void {
    this.#import.write(path);
  }

  /** One commit of the main line. */
  step(i: number): void {
    const random = this.#random;
    if (i === 0) return this.#commit(this.#firstFiles());
    if (i === 5) return this.#commit(new Map([['large.bin', file(random.bytes(5 * MiB))]]));
    if (i === 9)
      return this.#commit(
        new Map([
          ['large.bin', file(random.bytes(5 * MiB))],
          ['rewritten.txt', file(this.#lines(20_000))],
        ]),
      );
    if (i === 10) return this.#commit(new Map([['rewritten.txt', file(this.#lines(20_000))]]));
    if (i % 23 === 0) return this.#commit(new Map());
    if (i % 17 === 0) return this.#mergeSides(i % 34 === 0 ? 5 : 1);
    if (i % 13 === 0) return this.#commit(this.#changeOfType(i));
    if (i % 11 === 0) return this.#commit(this.#fileToFolder());
    if (i % 7 === 0) return this.#commit(this.#rename());
    this.#commit(this.#edits());
  }

  #commit(changes: ReadonlyMap<PathKey, FileChange>, merges: readonly number[] = []): void {
    for (const [path, change] of changes) {
      if (change === undefined) this.#files.delete(path);
      else this.#files.set(path, change);
    }
    const from = this.#tip === undefined ? {} : { from: this.#tip };
    this.#tip = this.#import.commit({ branch: 'main', ...from, merges, files: changes });
  }

  #firstFiles(): Map<PathKey, FileChange> {
    const files = new Map<PathKey, FileChange>();
    for (const name of ODD_NAMES) files.set(name, file(this.#text()));
    for (let n = 0; n < 30; n++) files.set(`src/module-${n % 6}/file-${n}.ts`, file(this.#lines(40)));
    files.set('empty', file(Buffer.alloc(0)));
    files.set('crlf.txt', file(Buffer.from('one\r\ntwo\r\n\r\nthree')));
    files.set('bom.txt', file(Buffer.from('\ufeffwith a mark\n')));
    files.set('nul.txt', file(Buffer.from('a\0b\n\0\n')));
    files.set('binary.bin', file(this.#random.bytes(3_000)));
    files.set('almost-utf8.txt', file(Buffer.concat([Buffer.from('fine\n'), Buffer.from([0xc3, 0x28, 0x0a])])));
    files.set('surrogate.txt', file(Buffer.from([0xed, 0xa0, 0x80])));
    files.set('link', { mode: '120000', content: Buffer.from('crlf.txt') });
    files.set('odd-link', { mode: '120000', content: Buffer.from([0xff, 0x2f, 0x61]) });
    files.set('vendor/module', this.#submodule());
    files.set('run.sh', { mode: '100755', content: Buffer.from('#!/bin/sh\n') });
    return files;
  }

  #edits(): Map<PathKey, FileChange> {
    const changes = new Map<PathKey, FileChange>();
    const paths = [...this.#files.keys()];
    for (let n = this.#random.below(4); n >= 0; n--) {
      const path = this.#random.pick(paths);
      const now = this.#files.get(path);
      if (now === undefined) continue;
      const dice = this.#random.below(12);
      if (dice === 0) changes.set(path, undefined);
      else if (now.mode === '160000') changes.set(path, this.#submodule());
      else if (dice === 1)
        changes.set(path, { mode: now.mode === '100644' ? '100755' : '100644', content: now.content });
      else if (dice === 2) changes.set(path, file(Buffer.alloc(0)));
      else if (dice === 3) changes.set(path, file(this.#text()));
      else changes.set(path, { mode: now.mode, content: this.#edited(now.content) });
    }
    if (this.#random.below(3) === 0) changes.set(`new/${this.#random.below(60)}.txt`, file(this.#text()));
    const odd = this.#random.pick(ODD_NAMES);
    if (this.#random.below(4) === 0) changes.set(odd, file(this.#text()));
    return changes;
  }

  #rename(): Map<PathKey, FileChange> {
    const from = this.#random.pick([...this.#files.keys()].filter(path => !path.includes('folder-or-file')));
    const content = this.#files.get(from);
    return new Map([
      [from, undefined],
      [`moved/${this.#random.below(40)}`, content],
    ]);
  }

  #changeOfType(i: number): Map<PathKey, FileChange> {
    const kinds: FileChange[] = [
      file(this.#text()),
      { mode: '120000', content: Buffer.from(`target-${i}`) },
      this.#submodule(),
      { mode: '100755', content: this.#text() },
      undefined,
    ];
    return new Map([['changes-its-type', this.#random.pick(kinds)]]);
  }

  /** A file where a folder was, or the other way round. */
  #fileToFolder(): Map<PathKey, FileChange> {
    const asFile = 'folder-or-file';
    const inside = [`${asFile}/a`, `${asFile}/b/c`];
    const changes = new Map<PathKey, FileChange>();
    if (this.#files.has(asFile)) {
      changes.set(asFile, undefined);
      for (const path of inside) changes.set(path, file(this.#text()));
    } else {
      for (const path of inside) changes.set(path, undefined);
      changes.set(asFile, file(this.#text()));
    }
    return changes;
  }

  #mergeSides(count: number): void {
    const merges: number[] = [];
    const merged = new Map<PathKey, FileChange>();
    for (let n = 0; n < count; n++) {
      const path = `side/${this.#sides++ % 20}.txt`;
      const from = this.#tip === undefined ? {} : { from: this.#tip };
      const first = this.#import.commit({
        branch: `side-${this.#sides}`,
        ...from,
        merges: [],
        files: new Map([[path, file(this.#text())]]),
      });
      const content = file(this.#text());
      merges.push(
        this.#import.commit({
          branch: `side-${this.#sides}`,
          from: first,
          merges: [],
          files: new Map([[path, content]]),
        }),
      );
      merged.set(path, content);
    }
    this.#commit(merged, merges);
  }

  #edited(content: Buffer): Buffer {
    const lines = content.toString('latin1').split(/(?<=\n)/);
    for (let n = this.#random.below(5); n >= 0; n--) {
      const at = this.#random.below(lines.length + 1);
      lines.splice(at, this.#random.below(3), ...Array.from({ length: this.#random.below(3) }, () => this.#line()));
    }
    return Buffer.from(lines.join(''), 'latin1');
  }

  #text(): Buffer {
    const text = this.#lines(1 + this.#random.below(30));
    // Now and then no newline at the end.
    return this.#random.below(4) === 0 ? text.subarray(0, text.length - 1) : text;
  }

  #lines(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.#line()).join(''), 'latin1');
  }

  #line(): string {
    const end = this.#random.pick(['\n', '\n', '\n', '\r\n']);
    return `${'word '.repeat(this.#random.below(6))}${this.#random.below(1_000)}${end}`;
  }

  #submodule(): Exclude<FileChange, undefined> {
    const id = this.#random.bytes(this.#idLength / 2).toString('hex');
    return { mode: '160000', content: Buffer.from(id) };
  }
}

function file(content: Buffer): Exclude<FileChange, undefined> {
  return { mode: '100644', content };
}
