import type { Question } from '../harness/question.js';
import { bytesFigure, editFigure, momentsFigure, type TextShape } from './figures.js';
import { findRecordings } from './recordings.js';

const LEAF_CHARACTERS_MAX = 512;
const SMALL_TRANSACTIONS = 400;

/** How a text is edited character by character, every revision being kept. */
const editing: Question = {
  name: 'editing',
  figures(asked) {
    const recordings = findRecordings(asked.small ? SMALL_TRANSACTIONS : undefined);
    const shapes = recordings.flatMap((recording): TextShape[] => [
      { recording, leafCharactersMax: asked.small ? LEAF_CHARACTERS_MAX / 8 : LEAF_CHARACTERS_MAX },
      { recording, leafCharactersMax: Number.POSITIVE_INFINITY },
    ]);
    return shapes.flatMap(shape => [editFigure(shape, asked), momentsFigure(shape, asked), bytesFigure(shape, asked)]);
  },
};

export default editing;
