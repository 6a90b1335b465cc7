import { createHash } from 'node:crypto';
import { ESCAPED_NAME_LENGTH_MAX } from '../bounds.js';

/** What the name of an id that was too long begins with; escaping never emits it. */
const HASH_MARK = '~';

const PLAIN = /^[a-z0-9_-]+$/;
const NOT_PLAIN = /[^a-z0-9_-]/gu;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/;

/**
 * The file name of an id: itself where it is of `a-z 0-9 _ -` and inner dots, else with `%xx` for each other byte of its
 * UTF-8, else, where that gets too long, its hash. No two ids share a name, on disks that ignore case or normalise
 * Unicode either; no name is reserved on Windows, begins with a dot, or leads out of its directory.
 */
export function nameOfId(id: string): string {
  if (PLAIN.test(id) && id.length <= ESCAPED_NAME_LENGTH_MAX && !RESERVED.test(id)) return id;
  const name = escape(id);
  return name.length <= ESCAPED_NAME_LENGTH_MAX ? name : HASH_MARK + createHash('sha256').update(id).digest('hex');
}

/** Whether a name stands for an id that only a side file tells. */
export function isHashedName(name: string): boolean {
  return name.startsWith(HASH_MARK);
}

/** The id of a name that is not hashed; `undefined`: no id has this name. */
export function idOfName(name: string): string | undefined {
  let id: string;
  try {
    id = decodeURIComponent(name);
  } catch {
    return undefined;
  }
  return id !== '' && nameOfId(id) === name ? id : undefined;
}

function escape(id: string): string {
  const last = id.length - 1;
  let name = '';
  for (let index = 0; index <= last; index++) {
    const code = id.charCodeAt(index);
    if (code >= ESCAPED.length) return escapeUnicode(id);
    name += code === DOT && index > 0 && index < last ? '.' : ESCAPED[code];
  }
  return withoutReserved(name);
}

function escapeUnicode(id: string): string {
  const last = id.length - 1;
  const name = id.replace(NOT_PLAIN, (character, index: number) =>
    character === '.' && index > 0 && index < last ? character : hex(character),
  );
  return withoutReserved(name);
}

function withoutReserved(name: string): string {
  return RESERVED.test(name) ? hex(name.charAt(0)) + name.slice(1) : name;
}

/** `%xx` for each byte of the UTF-8 of one character. */
function hex(character: string): string {
  const code = character.charCodeAt(0);
  return HEX[code] ?? [...Buffer.from(character, 'utf8')].map(hexOfByte).join('');
}

function hexOfByte(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

const HEX = Array.from({ length: 0x80 }, (_, byte) => hexOfByte(byte));

const DOT = 0x2e;
/** What stands for each character of ASCII, an inner dot aside. */
const ESCAPED = HEX.map((escaped, byte) =>
  PLAIN.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : escaped,
);
