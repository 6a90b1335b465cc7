import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conformance } from '@blockstrata/db-p2p/conformance';
import { RawStorage } from '@blockstrata/db-p2p/storage';
import { OneFileDriver } from '../../examples/one-file-backend.js';

describe('the example of a backend', () => {
  conformance<RawStorage>({
    describe,
    it,
    open: async options => {
      const directory = await mkdtemp(join(tmpdir(), 'blockstrata-example-'));
      return new RawStorage(new OneFileDriver(join(directory, 'store.jsonl')), options);
    },
    reopen: (storage, options) => new RawStorage(new OneFileDriver(storage.name), options),
    destroy: storage => rm(dirname(storage.name), { recursive: true }),
    supports: { durability: ['strict'], locking: false },
  });

  it('is complete in less than a hundred lines', () => {
    const text = readFileSync(new URL('../../examples/one-file-backend.ts', import.meta.url), 'utf8');
    expect(text.split('\n').length).toBeLessThan(100);
  });
});
