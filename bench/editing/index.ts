import type { Question } from '../harness/question.js';

const question: Question = { name: 'editing', figures: () => [] };

export default question;
