const NEWLINE = 0x0a;
const EMPTY = new Uint8Array(0);

/** The lines of one file of the commit log: the first is entry `first`, an empty one is an entry that is not there. */
export type LogLines = {
  readonly first: number;
  readonly lines: readonly Uint8Array[];
  /** Bytes of the lines, each with its newline. */
  readonly bytes: number;
  /** The last line has no newline: it, or a part of it, is missing. */
  readonly isTorn: boolean;
};

/** The lines in the bytes of a file. */
export function parseLines(first: number, file: Uint8Array): LogLines {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = file.indexOf(NEWLINE); end !== -1; end = file.indexOf(NEWLINE, start)) {
    lines.push(file.subarray(start, end));
    start = end + 1;
  }
  const isTorn = start < file.length;
  if (isTorn) lines.push(file.subarray(start));
  return { first, lines, bytes: file.length + (isTorn ? 1 : 0), isTorn };
}

/** The bytes of lines. */
export function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.alloc(lineBytes(lines), NEWLINE);
  let offset = 0;
  for (const line of lines) {
    bytes.set(line, offset);
    offset += line.length + 1;
  }
  return bytes;
}

/** Bytes that lines take, each with its newline. */
export function lineBytes(lines: readonly Uint8Array[]): number {
  return lines.reduce((bytes, line) => bytes + line.length + 1, 0);
}

/** The entry at a line, or `undefined`. */
export function entryAt(segment: LogLines, seq: number): Uint8Array | undefined {
  const line = segment.lines[seq - segment.first];
  return line === undefined || line.length === 0 ? undefined : entryOf(line);
}

/** Sets the line `offset` lines further, or deletes it; blank lines fill a gap, none is left at the end. */
export function setLine(lines: Uint8Array[], offset: number, line: Uint8Array | undefined): void {
  if (line === undefined && offset >= lines.length) return;
  while (lines.length < offset) lines.push(EMPTY);
  lines[offset] = line ?? EMPTY;
  while (lines.at(-1)?.length === 0) lines.pop();
}

/** What a line begins with that holds an entry in base64. */
const ENCODED_MARK = 0x3d;

/** The line of an entry: itself, as JSON always is, or its base64 where that would be no line of its own. */
export function lineOf(entry: Uint8Array): Uint8Array {
  const isPlain = entry.length > 0 && entry[0] !== ENCODED_MARK && !entry.includes(NEWLINE);
  return isPlain ? entry : Buffer.from(`=${Buffer.from(entry).toString('base64')}`);
}

/** The entry of a line that is not empty. */
export function entryOf(line: Uint8Array): Uint8Array {
  return line[0] === ENCODED_MARK ? Buffer.from(Buffer.from(line.subarray(1)).toString('latin1'), 'base64') : line;
}
