import type { Clock } from '@blockstrata/db-core';
import { trxKey } from '@blockstrata/db-p2p/storage';
import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openDriver, put, removed } from './driver-bench.js';

/** A clock whose timers fire when a test says so. */
class ManualClock implements Clock {
  #timers: (() => void)[] = [];

  now(): number {
    return 0;
  }

  after(_ms: number, callback: () => void): () => void {
    this.#timers.push(callback);
    return () => undefined;
  }

  fire(): void {
    for (const callback of this.#timers.splice(0)) callback();
  }
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blockstrata-checkpointer-'));
});

afterEach(() => rm(directory, { recursive: true }));

it.each([
  ['records', false],
  ['what was put and deleted again, and left nothing in memory', true],
])('a journal of %s is left behind once nobody has written for a while', async (_, deletes) => {
  const clock = new ManualClock();
  const driver = await openDriver(directory, { clock });
  const key = trxKey('pend', 'a', '1');
  await driver.write([put(key, 'x')]);
  if (deletes) await driver.write([removed(key)]);
  const segments = () => readdirSync(join(directory, '.store/journal'));
  const before = segments();
  // The first finds that somebody has written since it was set.
  clock.fire();
  clock.fire();
  await vi.waitFor(() => {
    const now = segments();
    expect(now).toHaveLength(1);
    expect(now).not.toEqual(before);
  }, 10_000);
  await driver.close(undefined);
});
