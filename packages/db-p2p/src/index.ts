export * from './network/index.js';
export * from './storage/index.js';
