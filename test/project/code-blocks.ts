import type { SourceFile } from './sources.js';

/** A piece of code in a text: a fenced block of a document, or of a comment. */
export type CodeBlock = { readonly path: string; readonly line: number; readonly code: string };

/** The fenced blocks of a language in a document. */
export function fencedBlocks({ path, text }: SourceFile, language: string): CodeBlock[] {
  return blocksIn(path, text.split('\n'), language);
}

/** The examples in the comments of a source file. */
export function commentedBlocks({ path, text }: SourceFile): CodeBlock[] {
  const lines = text.split('\n').map(line => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '');
  return blocksIn(path, lines, 'ts');
}

function blocksIn(path: string, lines: readonly string[], language: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; code: string[] } | undefined;
  lines.forEach((line, i) => {
    if (open === undefined) {
      if (line.trim() === `\`\`\`${language}`) open = { line: i + 1, code: [] };
    } else if (line.trim() === '```') {
      blocks.push({ path, line: open.line, code: open.code.join('\n') });
      open = undefined;
    } else {
      open.code.push(line);
    }
  });
  return blocks;
}

/** What a block says that it prints: the comments behind its `console.log` lines; `undefined`: it does not say. */
export function promisedOutput({ code }: CodeBlock): string | undefined {
  const printing = code.split('\n').filter(line => line.includes('console.log('));
  const promised = printing.map(line => /\);\s*\/\/ (.+)$/.exec(line)?.[1]);
  if (promised.length === 0 || promised.includes(undefined)) return undefined;
  return `${promised.join('\n')}\n`;
}
