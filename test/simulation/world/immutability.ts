import type { PendRequest } from '@blockstrata/db-core';
import { wrong } from './world-error.js';

/** What was handed out is frozen all through; bytes in it are copies, which are spoilt here (INV-13). */
export function checkFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Uint8Array) {
    value.fill(0xee);
    return;
  }
  if (!Object.isFrozen(value)) wrong(`INV-13: ${JSON.stringify(value)} was handed out, and is not frozen`);
  for (const item of Object.values(value)) checkFrozen(item);
}

/** Changes all of a request that was handed in: what is stored must be a copy (INV-13). */
export function spoil({ transforms, bases }: PendRequest): void {
  for (const block of Object.values(transforms.inserts ?? {})) spoilContent(block);
  for (const operations of Object.values(transforms.updates ?? {})) spoilContent(operations);
  for (const blockId of Object.keys(bases ?? {})) if (bases !== undefined) delete bases[blockId];
}

function spoilContent(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0xdd);
  else if (Array.isArray(value)) {
    for (const item of value) spoilContent(item);
    value.push('spoilt');
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) spoilContent(item);
    Object.assign(value, { spoilt: true });
  }
}
