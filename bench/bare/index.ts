import type { Question } from '../harness/question.js';
import bounds, { levelCommits } from '../bounds/index.js';
import { kernelAlone } from './kernel.js';

/**
 * What each format costs by itself: the figures of `bounds` that have a bare program, which is all this question is
 * about; for commits on LevelDB also what our kernel adds to it, and the repository to that.
 */
const bare: Question = {
  name: 'bare',
  figures(asked) {
    const level = levelCommits(asked, durability => [kernelAlone(durability)]);
    const names = new Set(level.map(({ name }) => name));
    return [
      ...level,
      ...bounds.figures(asked).filter(({ bound, name }) => bound?.bare !== undefined && !names.has(name)),
    ];
  },
};

export default bare;
