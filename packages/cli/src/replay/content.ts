import { isUtf8 } from 'node:buffer';

/**
 * The content of a file as a block holds it: its lines, each with its terminator, where it is UTF-8 text; else its bytes.
 * An empty file has no lines.
 */
export type FileContent = readonly string[] | Uint8Array;

/** The content for the bytes of a file. {@link fileBytes} gives exactly these bytes back. */
export function fileContent(bytes: Buffer): FileContent {
  if (!isUtf8(bytes)) return new Uint8Array(bytes);
  const text = bytes.toString('utf8');
  // Node keeps a byte order mark, and nothing else that is valid changes either; a file is not the place to trust that.
  if (!Buffer.from(text, 'utf8').equals(bytes)) return new Uint8Array(bytes);
  return splitLines(text);
}

/** The bytes of a file. */
export function fileBytes(content: FileContent): Buffer {
  if (content instanceof Uint8Array) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return Buffer.from(content.join(''), 'utf8');
}

/** Whether a value of a block can be the content of a file. */
export function isFileContent(value: unknown): value is FileContent {
  return value instanceof Uint8Array || (Array.isArray(value) && value.every(line => typeof line === 'string'));
}

function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    lines.push(text.slice(start, end + 1));
    start = end + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}
