import type { BlockOperation, IBlock, IRepo, Transforms } from '@blockstrata/db-core';
import { charactersOf, type Characters, type Edit } from './text-edit.js';

/** The block that lists the lines; every transaction changes it, so that transactions have one order. */
export const NOTE_ID = 'note';

/** One line of the note: a block of its own. */
export type Line = { readonly id: string; readonly characters: Characters };

/** The note as it was at a revision. */
export type Note = {
  /** 0: there is none yet. */
  readonly rev: number;
  readonly lines: readonly Line[];
  /** When the revision was written, in epoch milliseconds, and by which tab. */
  readonly at: number;
  readonly by: string;
};

/** The note before its first revision. */
export const EMPTY_NOTE: Note = { rev: 0, lines: [], at: 0, by: '' };

/** The whole text, lines joined by line breaks. */
export function charactersOfNote({ lines }: Note): Characters {
  return lines.flatMap(({ characters }, i) => (i === 0 ? [...characters] : ['\n', ...characters]));
}

/** Reads the note at a revision, or its newest. */
export async function readNote(repo: IRepo, rev?: number): Promise<Note> {
  const context = rev === undefined ? {} : { context: { rev } };
  const found = (await repo.get({ blockIds: [NOTE_ID], ...context }))[NOTE_ID];
  if (found?.block === undefined || found.rev === undefined) return EMPTY_NOTE;
  const ids = found.block['lines'] as string[];
  // Pinned to the revision of the list, the lines are those that it means, whatever was committed since.
  const blocks = ids.length === 0 ? {} : await repo.get({ blockIds: ids, context: { rev: found.rev } });
  return {
    rev: found.rev,
    lines: ids.map(id => ({ id, characters: (blocks[id]?.block?.['characters'] as string[] | undefined) ?? [] })),
    at: found.block['at'] as number,
    by: found.block['by'] as string,
  };
}

/** The transforms that make a note of a text. */
export function firstTransforms(text: string, by: string): Transforms {
  const lines = text.split('\n').map(line => newLine(charactersOf(line)));
  const note: IBlock = {
    header: { id: NOTE_ID, type: 'note', collectionId: NOTE_ID },
    lines: lines.map(line => line.header.id),
    at: Date.now(),
    by,
  };
  return { inserts: Object.fromEntries([note, ...lines].map(block => [block.header.id, block])) };
}

/** The transforms that carry out an edit: one block for a change in a line, several where lines come or go. */
export function transformsOf(note: Note, edit: Edit, by: string): Transforms {
  const from = locate(note, edit.at);
  const to = locate(note, edit.at + edit.remove);
  const [first = [], ...rest] = splitLines(edit.insert);
  const start = note.lines[from.line]!;
  const tail = note.lines[to.line]!.characters.slice(to.column);
  const stamps: BlockOperation[] = [
    ['at', -1, 0, Date.now()],
    ['by', -1, 0, by],
  ];
  if (from.line === to.line && rest.length === 0) {
    return { updates: { [start.id]: [['characters', from.column, edit.remove, first]], [NOTE_ID]: stamps } };
  }
  const inserted = rest.map((segment, i) => newLine(i === rest.length - 1 ? [...segment, ...tail] : segment));
  const kept = rest.length === 0 ? [...first, ...tail] : first;
  const removed = start.characters.length - from.column;
  const ids = inserted.map(block => block.header.id);
  return {
    inserts: Object.fromEntries(inserted.map(block => [block.header.id, block])),
    updates: {
      [start.id]: [['characters', from.column, removed, kept]],
      [NOTE_ID]: [['lines', from.line + 1, to.line - from.line, ids], ...stamps],
    },
    deletes: note.lines.slice(from.line + 1, to.line + 1).map(line => line.id),
  };
}

function newLine(characters: Characters): IBlock {
  const id = `line-${crypto.randomUUID().slice(0, 8)}`;
  return { header: { id, type: 'line', collectionId: NOTE_ID }, characters: [...characters] };
}

function locate({ lines }: Note, at: number): { line: number; column: number } {
  let column = at;
  for (const [line, { characters }] of lines.entries()) {
    if (column <= characters.length) return { line, column };
    column -= characters.length + 1;
  }
  throw new RangeError(`the note has no place ${at}`);
}

function splitLines(characters: Characters): Characters[] {
  const lines: string[][] = [[]];
  for (const character of characters) {
    if (character === '\n') lines.push([]);
    else lines.at(-1)!.push(character);
  }
  return lines;
}
