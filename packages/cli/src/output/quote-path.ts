import { isUtf8 } from 'node:buffer';

const ESCAPES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);

const BYTES = new Map([...ESCAPES].map(([byte, escape]) => [escape.charAt(1), byte]));

// Controls, what turns the direction of text around, separators of lines; and what the quotes themselves need.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"\\]/u;

/**
 * A path on one line of a terminal, in the manner of git: as it is where every character can be printed, else in double
 * quotes with C escapes, bytes that are no printable ASCII in octal. {@link unquotePath} reads it back.
 */
export function quotePath(path: string | Uint8Array): string {
  const bytes = typeof path === 'string' ? Buffer.from(path, 'utf8') : path;
  if (isUtf8(bytes)) {
    const text = Buffer.from(bytes).toString('utf8');
    if (text !== '' && !UNPRINTABLE.test(text)) return text;
  }
  return `"${Array.from(bytes, escapeByte).join('')}"`;
}

/** The bytes of a path as a person typed it: {@link quotePath} undone where it is in double quotes. */
export function unquotePath(typed: string): Buffer {
  if (typed.length < 2 || !typed.startsWith('"') || !typed.endsWith('"')) return Buffer.from(typed, 'utf8');
  const parts: Buffer[] = [];
  for (const [piece] of typed.slice(1, -1).matchAll(/\\[0-3][0-7]{2}|\\.|[^\\]+/gsu)) parts.push(unescape(piece));
  return Buffer.concat(parts);
}

function escapeByte(byte: number): string {
  const escape = ESCAPES.get(byte);
  if (escape !== undefined) return escape;
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

function unescape(piece: string): Buffer {
  if (!piece.startsWith('\\')) return Buffer.from(piece, 'utf8');
  const byte = BYTES.get(piece.charAt(1)) ?? parseInt(piece.slice(1), 8);
  return Number.isNaN(byte) ? Buffer.from(piece, 'utf8') : Buffer.from([byte]);
}
