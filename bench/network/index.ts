import type { Question } from '../harness/question.js';
import { remoteFigure } from './remote-figure.js';
import { restoreFigure } from './restore-figure.js';

const REVISION_BYTES = [1_024, 8_192];

const question: Question = {
  name: 'network',
  figures: asked => [...REVISION_BYTES.map(bytes => restoreFigure(asked, bytes)), remoteFigure(asked)],
};

export default question;
