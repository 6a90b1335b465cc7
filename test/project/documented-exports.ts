import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { PACKAGES, ROOT } from './sources.js';

type Exports = Record<string, { '@blockstrata/source'?: string }>;

/** The source files that packages can be entered by. */
export function entryPoints(): string[] {
  return PACKAGES.flatMap(name => {
    const folder = join(ROOT, 'packages', name);
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: Exports };
    return Object.values(exports).flatMap(target => {
      const source = target['@blockstrata/source'];
      return source === undefined ? [] : [join(folder, source)];
    });
  });
}

/** What is exported there without a sentence that says what it is for. */
export function exportsWithoutDocs(files: readonly string[]): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.test.json'), path => readFileSync(path, 'utf8')).config,
    ts.sys,
    ROOT,
  );
  const program = ts.createProgram([...files], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const undocumented = new Set<string>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new TypeError(`${file} exports nothing`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaredHere = symbol.declarations?.some(each =>
        each.getSourceFile().fileName.startsWith(join(ROOT, 'packages')),
      );
      if (declaredHere === true && symbol.getDocumentationComment(checker).length === 0)
        undocumented.add(exported.name);
    }
  }
  return [...undocumented].sort();
}
