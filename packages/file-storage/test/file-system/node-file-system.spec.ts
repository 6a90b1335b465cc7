import fc from 'fast-check';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SYNC_WRITE_BYTES_MAX } from '../../src/bounds.js';
import { writeFully } from '../../src/file-system/write-file.js';
import { nodeFileSystem } from '../../src/index.js';

let directory: string;
let files = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blockstrata-node-files-'));
});

afterEach(() => rm(directory, { recursive: true }));

const freshPath = () => join(directory, String(files++));

it('writes of any size, one behind the other, make up the file', async () => {
  const length = fc.oneof(
    fc.nat(64),
    fc.integer({ min: SYNC_WRITE_BYTES_MAX - 2, max: SYNC_WRITE_BYTES_MAX + 2 }),
    fc.nat(3 * SYNC_WRITE_BYTES_MAX),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(length, { maxLength: 4 }), async lengths => {
      const parts = lengths.map((bytes, i) => Buffer.alloc(bytes, i + 1));
      const path = freshPath();
      const file = await nodeFileSystem.create(path);
      let position = 0;
      for (const part of parts) {
        await writeFully(file, part, position);
        position += part.length;
      }
      await file.sync();
      await file.close();
      expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it.each([1, SYNC_WRITE_BYTES_MAX, SYNC_WRITE_BYTES_MAX + 1])(
  'a write of %i bytes that fails, and a close, reject rather than throw',
  async length => {
    const file = await nodeFileSystem.create(freshPath());
    await file.close();
    const writing = file.write(Buffer.alloc(length), 0);
    await expect(writing).rejects.toMatchObject({ code: 'EBADF' });
    const closing = file.close();
    await expect(closing).rejects.toMatchObject({ code: 'EBADF' });
  },
);
