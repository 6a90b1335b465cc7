import { createHash } from 'node:crypto';
import { ESCAPED_NAME_LENGTH_MAX } from '../bounds.js';

/** What the name of an id that was too long begins with; escaping never emits it. */
const HASH_MARK = '~';

const PLAIN = /^[a-z0-9_-]+$/;
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
  const bytes = Buffer.from(id, 'utf8');
  let name = '';
  for (const [index, byte] of bytes.entries()) {
    const inner = index > 0 && index < bytes.length - 1;
    name += isPlain(byte) || (byte === DOT && inner) ? String.fromCharCode(byte) : hex(byte);
  }
  return RESERVED.test(name) ? hex(name.charCodeAt(0)) + name.slice(1) : name;
}

const DOT = 0x2e;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;

function isPlain(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isLower = byte >= 0x61 && byte <= 0x7a;
  return isDigit || isLower || byte === DASH || byte === UNDERSCORE;
}

function hex(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}
