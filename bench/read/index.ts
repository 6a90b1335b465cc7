import type { Question } from '../harness/question.js';

const question: Question = { name: 'read', figures: () => [] };

export default question;
