import type { Question } from '../harness/question.js';
import { coldTips, manyTips, pastRevisions, warmTips } from './shapes.js';
import { readFigure } from './read-figure.js';

/** How many blocks a second can be read, at their tips and at past revisions. */
const read: Question = {
  name: 'read',
  figures({ small, scratch }) {
    const shapes = [
      ...(['LevelDB', 'memory', 'files'] as const).map(backend => warmTips(backend, small)),
      ...(['LevelDB', 'files'] as const).map(backend => coldTips(backend, small)),
      ...(['LevelDB', 'files'] as const).flatMap(backend => [
        pastRevisions(backend, 'cold', small),
        pastRevisions(backend, 'warm', small),
      ]),
      manyTips('warm', small),
      manyTips('cold', small),
    ];
    return shapes.map(shape => readFigure(shape, scratch));
  },
};

export default read;
