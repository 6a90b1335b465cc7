import { applyTransform, type IBlock } from '@blockstrata/db-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  charactersOfNote,
  EMPTY_NOTE,
  NOTE_ID,
  transformsOf,
  type Note,
} from '../../../../examples/browser/src/note.js';
import {
  applyEdit,
  charactersOf,
  editBetween,
  shiftEdit,
  type Edit,
} from '../../../../examples/browser/src/text-edit.js';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', 'é'), maxLength: 20 }).map(charactersOf);

const withEdits = (count: number) =>
  text.chain(characters =>
    fc.record({
      characters: fc.constant(characters),
      edits: fc.array(
        fc
          .record({ at: fc.nat(characters.length), remove: fc.nat(5), insert: text })
          .map(({ at, remove, insert }): Edit => ({ at, remove: Math.min(remove, characters.length - at), insert })),
        { minLength: count, maxLength: count },
      ),
    }),
  );

function noteOf(characters: readonly string[]): Note {
  const lines = characters.join('').split('\n');
  return {
    ...EMPTY_NOTE,
    rev: 1,
    lines: lines.map((line, i) => ({ id: `line-${i}`, characters: charactersOf(line) })),
  };
}

function blockOf(id: string, fields: Record<string, unknown>): IBlock {
  return { header: { id, type: 'test', collectionId: NOTE_ID }, ...fields };
}

/** The text that a store would hold after the transforms. */
function stored(note: Note, edit: Edit): string {
  const { inserts = {}, updates = {}, deletes = [] } = transformsOf(note, edit, 'test');
  const blocks = new Map<string, IBlock | undefined>(
    note.lines.map(({ id, characters }) => [id, blockOf(id, { characters: [...characters] })]),
  );
  blocks.set(NOTE_ID, blockOf(NOTE_ID, { lines: note.lines.map(({ id }) => id) }));
  for (const [id, block] of Object.entries(inserts)) blocks.set(id, block);
  for (const [id, operations] of Object.entries(updates)) {
    blocks.set(id, applyTransform(blocks.get(id), { updates: operations }));
  }
  for (const id of deletes) blocks.delete(id);
  const ids = blocks.get(NOTE_ID)?.['lines'] as string[];
  expect(new Set([...ids, NOTE_ID])).toEqual(new Set(blocks.keys()));
  return ids.map(id => (blocks.get(id)?.['characters'] as string[]).join('')).join('\n');
}

describe('the edits of the demo', () => {
  it('are found between any two texts, and lead from one to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edit = editBetween(before, after);
        expect(edit === undefined ? before : applyEdit(before, edit)).toEqual(after);
      }),
    );
  });

  it('become transforms that leave the same text in the blocks, with no block beside them', () => {
    fc.assert(
      fc.property(withEdits(1), ({ characters, edits: [edit] }) => {
        const note = noteOf(characters);
        expect(charactersOfNote(note)).toEqual(characters);
        expect(stored(note, edit!)).toBe(applyEdit(characters, edit!).join(''));
      }),
    );
  });

  it('can be shifted past any other edit, and still apply', () => {
    fc.assert(
      fc.property(withEdits(2), ({ characters, edits: [own, other] }) => {
        const after = applyEdit(characters, other!);
        const shifted = shiftEdit(own!, other!);
        expect(shifted.at + shifted.remove).toBeLessThanOrEqual(after.length);
        expect(applyEdit(after, shifted).join('')).toContain(own!.insert.join(''));
      }),
    );
  });
});
