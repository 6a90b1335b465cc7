import type { Question } from '../harness/question.js';

const question: Question = { name: 'bare', figures: () => [] };

export default question;
