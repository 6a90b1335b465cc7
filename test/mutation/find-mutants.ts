import ts from 'typescript';
import type { Mutant } from './mutant.js';

const SWAPPED: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
  [ts.SyntaxKind.PlusEqualsToken]: '-=',
};
const SWAPPED_METHODS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['find', 'findLast'],
  ['findLast', 'find'],
]);

/** All mutants of a file. Texts of errors are left as they are, and so are types and imports. */
export function findMutants(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, replacement: string, change = `${shorten(node.getText())} → ${shorten(replacement)}`) => {
    const host = hostOf(node);
    const [start, end] = [host.getStart(), host.getEnd()];
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({
      file,
      line: line + 1,
      change,
      host: { start, end, isStatement: ts.isStatement(host) },
      variant: text.slice(start, node.getStart()) + replacement + text.slice(node.getEnd(), end),
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    mutateConditions(node, add);
    mutateOperators(node, add);
    mutateStatements(node, add);
    mutateLiterals(node, add);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Add = (node: ts.Node, replacement: string, change?: string) => void;

function mutateConditions(node: ts.Node, add: Add): void {
  if (ts.isIfStatement(node)) {
    add(node.expression, 'true');
    add(node.expression, 'false');
  }
  if (ts.isConditionalExpression(node)) {
    add(node.condition, 'true');
    add(node.condition, 'false');
  }
  if (ts.isWhileStatement(node) && node.expression.kind !== ts.SyntaxKind.TrueKeyword) add(node.expression, 'false');
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    add(node, node.operand.getText());
  }
}

function mutateOperators(node: ts.Node, add: Add): void {
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node;
    const swapped = SWAPPED[operatorToken.kind];
    const isOfTexts = operatorToken.kind === ts.SyntaxKind.PlusToken && [left, right].some(isText);
    if (swapped !== undefined && !isOfTexts)
      add(node, `(${left.getText()}) ${swapped} (${right.getText()})`, `${shorten(node.getText())}: ${swapped}`);
    if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) add(node, left.getText());
  }
  if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent) && node.parent.expression === node) {
    const swapped = SWAPPED_METHODS.get(node.name.text);
    if (swapped !== undefined) add(node.name, swapped, `${shorten(node.parent.getText())}: ${swapped}`);
  }
}

function mutateStatements(node: ts.Node, add: Add): void {
  if (ts.isExpressionStatement(node) && !node.getText().startsWith('super(')) add(node, ';');
  if (ts.isAwaitExpression(node)) add(node, `(${node.expression.getText()})`);
  if (ts.isIfStatement(node) && node.elseStatement !== undefined) add(node.elseStatement, '{}');
  if (ts.isReturnStatement(node) && node.expression !== undefined && !isLast(node)) add(node, ';');
}

function mutateLiterals(node: ts.Node, add: Add): void {
  if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isWhileStatement(node.parent)) add(node, 'false');
  if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
  if (ts.isNumericLiteral(node)) {
    add(node, `(${node.text} + 1)`);
    if (Number(node.text) > 0) add(node, `(${node.text} - 1)`);
  }
  if (isText(node) && !isOfAnError(node) && !ts.isPropertyAssignment(node.parent)) add(node, "''");
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0 && !isAssigned(node)) add(node, '[]');
}

/** What can be exchanged for something else as a whole; a chain with `?.` only from its beginning to its end. */
function hostOf(node: ts.Node): ts.Node {
  const isMethod = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  let host = isMethod ? node.parent.parent : node;
  while (ts.isOptionalChain(host.parent) && host.parent.expression === host) host = host.parent;
  return host;
}

/** `[a, b] = …` is no list. */
function isAssigned({ parent, pos }: ts.ArrayLiteralExpression): boolean {
  return (
    ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.left.pos === pos
  );
}

function isText(node: ts.Node): boolean {
  return (ts.isStringLiteral(node) && node.text !== '') || ts.isTemplateExpression(node);
}

/** What people read when something fails has no effect on what is done. */
function isOfAnError(node: ts.Node): boolean {
  for (let above: ts.Node | undefined = node.parent; above !== undefined && !ts.isBlock(above); above = above.parent) {
    if (ts.isThrowStatement(above)) return true;
    if (
      (ts.isNewExpression(above) || ts.isCallExpression(above)) &&
      /Error$|^(corrupt|stale|invalid|refuse)/.test(above.expression.getText())
    )
      return true;
  }
  return false;
}

/** The end of a function: leaving it out would leave nothing. */
function isLast({ parent }: ts.ReturnStatement): boolean {
  return ts.isBlock(parent) && ts.isFunctionLike(parent.parent);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
