import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { entryPoints, exportsWithoutDocs } from './project/documented-exports.js';
import { filesBelow, PACKAGES, ROOT, type SourceFile } from './project/sources.js';

/** What linters cannot see. */
const LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const INVARIANTS = Array.from({ length: 13 }, (_, i) => `INV-${i + 1}`);

const sources = PACKAGES.flatMap(name => filesBelow(`packages/${name}/src`, '.ts'));
const tests = [...PACKAGES.flatMap(name => filesBelow(`packages/${name}/test`, '.ts')), ...filesBelow('test', '.ts')];
const others = [...filesBelow('bench', '.ts'), ...filesBelow('scripts', '.ts'), ...filesBelow('examples', '.ts')];
const everything = [...sources, ...tests, ...others];
const self = ['test/tidy.spec.ts', 'test/boundaries.spec.ts'];

describe('every source file', () => {
  it(`has at most ${LINES_MAX} lines`, () => {
    expect(everything.filter(({ text }) => text.split('\n').length > LINES_MAX + 1).map(({ path }) => path)).toEqual(
      [],
    );
  });

  it(`has functions of at most ${FUNCTION_LINES_MAX} lines`, () => {
    expect(sources.flatMap(longFunctions)).toEqual([]);
  });

  it('is named in kebab-case, and for what is inside', () => {
    const names = everything
      .map(({ path }) => basename(path))
      .filter(name => !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(name));
    expect(names).toEqual([]);
    expect(
      everything
        .filter(({ path }) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/.test(path))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('leaves nothing open without saying where it is decided', () => {
    expect(lines(everything, /\b(TODO|FIXME|XXX|HACK)\b(?!.*docs\/decisions\/\d{4})/)).toEqual([]);
  });
});

describe('the code of the packages', () => {
  it('throws no bare Error', () => {
    expect(lines(sources, /\b(throw|reject\()\s*new Error\(/)).toEqual([]);
  });

  it('does not escape from the types or the linter', () => {
    expect(
      lines(sources, /\bas any\b|\bas unknown as\b|@ts-ignore|@ts-expect-error|@ts-nocheck|eslint-disable/),
    ).toEqual([]);
  });

  it('prints nothing, the command apart', () => {
    const libraries = sources.filter(({ path }) => !path.startsWith('packages/cli/'));
    expect(lines(libraries, /^(?!\s*(\*|\/\/)).*\bconsole\./)).toEqual([]);
  });

  it('uses private fields of the language, not of the compiler', () => {
    expect(lines(sources, /^\s*private\s(?!constructor\b)/)).toEqual([]);
  });

  it('documents everything that it exports', () => {
    expect(exportsWithoutDocs(entryPoints())).toEqual([]);
  }, 120_000);
});

describe('the tests', () => {
  it('are not narrowed down to some, and leave none out', () => {
    expect(lines(tests, /\b(it|test|describe)\.only\b|\b(fit|fdescribe)\(/)).toEqual([]);
    expect(lines(tests, /\b(it|test|describe)\.(skip|todo)\(/)).toEqual([]);
  });
});

describe('the invariants of the design', () => {
  it.each(INVARIANTS)('%s is cited where it is enforced and where it is tested', invariant => {
    const cites = ({ text }: SourceFile) => new RegExp(`\\b${invariant}\\b`).test(text);
    expect(sources.filter(cites).length, 'in the code').toBeGreaterThan(0);
    expect(tests.filter(({ path }) => !self.includes(path)).filter(cites).length, 'in a test').toBeGreaterThan(0);
  });
});

describe('the files that people look for', () => {
  it.each([
    ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'UPGRADING.md', 'LICENSE', '.ci/run'],
    ...['docs/storage-format.md', 'docs/limits.md', 'docs/testing.md', 'docs/decisions'],
  ])('%s is there', path => {
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  it('decision records are numbered once, and tell status, context, decision and how it is tested', () => {
    const records = filesBelow('docs/decisions', '.md');
    expect(records.length).toBeGreaterThan(0);
    const numbers = records.map(({ path }) => /(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]);
    expect(new Set(numbers).size).toBe(records.length);
    for (const { path, text } of records) {
      for (const part of ['status', 'context', 'decision', 'tested']) {
        expect(text.toLowerCase().includes(part), `${path} tells its ${part}`).toBe(true);
      }
    }
  });
});

function lines(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files
    .filter(({ path }) => !self.includes(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    );
}

function longFunctions({ path, text }: SourceFile): string[] {
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const { line: first } = parsed.getLineAndCharacterOfPosition(node.getStart());
      const { line: last } = parsed.getLineAndCharacterOfPosition(node.getEnd());
      if (last - first + 1 > FUNCTION_LINES_MAX) found.push(`${path}:${first + 1} has ${last - first + 1} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}
