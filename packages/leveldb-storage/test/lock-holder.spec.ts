import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findLockHolder, holderIn } from '../src/lock-holder.js';

const LOCKS = `1: POSIX  ADVISORY  WRITE 4242 fe:00:131074 0 EOF
2: FLOCK  ADVISORY  WRITE 77 fe:00:131075 0 EOF
3: POSIX  ADVISORY  READ 78 fe:00:131076 0 EOF
3: -> POSIX  ADVISORY  WRITE 79 fe:00:131076 0 EOF
4: POSIX  ADVISORY  WRITE 80 08:1fffff:9 0 EOF
`;
const DEVICE = 0xfe00;

describe('the holder of a lock, as the system tells it', () => {
  it('is who holds a POSIX write lock on that very file', () => {
    expect(holderIn(LOCKS, DEVICE, 131_074)).toBe(4242);
    expect(holderIn(LOCKS, DEVICE + 1, 131_074)).toBeUndefined();
    expect(holderIn(LOCKS, DEVICE, 131_075)).toBeUndefined();
    expect(holderIn(LOCKS, DEVICE, 131_076)).toBeUndefined();
    expect(holderIn(LOCKS, 0x8ff + 0xfff * 2 ** 20 + 0x1000 * 2 ** 20, 9)).toBe(80);
  });

  it('is nobody for a file that nobody locked, or that is not there', async () => {
    expect(await findLockHolder(import.meta.filename)).toBeUndefined();
    expect(await findLockHolder(`${import.meta.filename}-not`)).toBeUndefined();
    expect((await stat(import.meta.filename)).isFile()).toBe(true);
  });
});
