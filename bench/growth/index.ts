import type { Question } from '../harness/question.js';

const question: Question = { name: 'growth', figures: () => [] };

export default question;
