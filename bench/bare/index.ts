import type { Question } from '../harness/question.js';
import bounds from '../bounds/index.js';

/** What each format costs by itself: the figures of `bounds` that have a bare program, which is all this question is about. */
const bare: Question = {
  name: 'bare',
  figures: asked => bounds.figures(asked).filter(({ bound }) => bound?.bare !== undefined),
};

export default bare;
