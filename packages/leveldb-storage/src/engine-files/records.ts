import { FragmentType, readFragments } from './fragments.js';

/** One whole record of a log. */
export type LogRecord = { readonly kind: 'record'; readonly offset: number; readonly payload: Uint8Array };

/** Something in a log that is no record: damage, or a tail that was torn before its write was acknowledged. */
export type LogDamage = { readonly kind: 'damage'; readonly offset: number; readonly problem: string };

/**
 * The whole records of a log in LevelDB's format, and the damage between them, in order. Damage with no record behind
 * it can be a torn tail; any other is damage, of which LevelDB would say nothing.
 */
export function* readRecords(log: Uint8Array): Generator<LogRecord | LogDamage> {
  let begun: { offset: number; parts: Uint8Array[] } | undefined;
  for (const fragment of readFragments(log)) {
    const { offset } = fragment;
    const type = fragment.broken ? undefined : fragment.type;
    if (begun !== undefined && type !== FragmentType.middle && type !== FragmentType.last) {
      // An old writer could end a block with an empty first part, and begin the record anew in the next one.
      const empty = begun.parts.every(part => part.length === 0);
      if (!empty || fragment.broken) yield damage(begun.offset, 'the end of a record is missing');
      begun = undefined;
    }
    if (fragment.broken) {
      yield damage(offset, fragment.problem);
    } else if (type === FragmentType.full) {
      yield { kind: 'record', offset, payload: fragment.payload };
    } else if (type === FragmentType.first) {
      begun = { offset, parts: [fragment.payload] };
    } else if (begun === undefined) {
      yield damage(offset, 'the beginning of a record is missing');
    } else {
      begun.parts.push(fragment.payload);
      if (type === FragmentType.last) {
        yield { kind: 'record', offset: begun.offset, payload: joined(begun.parts) };
        begun = undefined;
      }
    }
  }
  if (begun !== undefined) yield damage(begun.offset, 'the end of a record is missing');
}

function damage(offset: number, problem: string): LogDamage {
  return { kind: 'damage', offset, problem };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
