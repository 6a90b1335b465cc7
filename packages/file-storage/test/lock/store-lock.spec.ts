import { StoreLockedError, systemRandomness } from '@blockstrata/db-core';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem, type FileSystem, type ProcessFacts, type ProcessIdentity } from '../../src/index.js';
import { StorePaths } from '../../src/layout/store-paths.js';
import { encodeHolder } from '../../src/lock/lock-holder.js';
import { StoreLock } from '../../src/lock/store-lock.js';

const MACHINE = { host: 'here', boot: 'first', namespace: 'one' };

describe('the lock of a store (INV-10)', () => {
  let paths: StorePaths;
  const running = new Map<number, string>();

  beforeEach(async () => {
    paths = new StorePaths(await mkdtemp(join(tmpdir(), 'blockstrata-')));
    await mkdir(paths.temporary, { recursive: true });
    running.clear();
  });

  afterEach(async () => {
    await rm(paths.root, { recursive: true });
  });

  /** A process that is there from now on. */
  function processOf(pid: number, identity: Partial<ProcessIdentity> = {}): ProcessFacts {
    const self = { ...MACHINE, pid, start: `start of ${pid}`, ...identity };
    running.set(pid, self.start);
    return {
      self,
      look: other => {
        const start = running.get(other);
        return start === undefined ? { running: false } : { running: true, start };
      },
    };
  }

  function lockOf(facts: ProcessFacts, fileSystem: FileSystem = nodeFileSystem): StoreLock {
    return new StoreLock(fileSystem, paths, facts, systemRandomness);
  }

  /** The lock of a process that is gone. */
  async function abandonedLock(pid: number): Promise<void> {
    await lockOf(processOf(pid)).acquire();
    running.delete(pid);
  }

  it('is held by one at a time, and can be taken again once it was given back', async () => {
    const first = lockOf(processOf(1));
    await first.acquire();
    await expect(lockOf(processOf(2)).acquire()).rejects.toThrow(StoreLockedError);
    await expect(lockOf(processOf(2)).acquire()).rejects.toThrow('process 1 on here');
    await first.release();
    await lockOf(processOf(2)).acquire();
  });

  it('keeps two instances in one process apart', async () => {
    const facts = processOf(1);
    await lockOf(facts).acquire();
    await expect(lockOf(facts).acquire()).rejects.toThrow(StoreLockedError);
  });

  it('is broken if its holder is gone, if its pid belongs to another by now, or if the machine has started again', async () => {
    await abandonedLock(1);
    await lockOf(processOf(2)).acquire();
    running.set(2, 'a later start');
    await lockOf(processOf(3)).acquire();
    await lockOf(processOf(4, { boot: 'second' })).acquire();
  });

  it('is not broken where nobody can prove that its holder is gone', async () => {
    await abandonedLock(1);
    for (const elsewhere of [{ host: 'there' }, { namespace: 'two' }]) {
      await expect(lockOf(processOf(2, elsewhere)).acquire()).rejects.toThrow(StoreLockedError);
    }
    const { self } = processOf(1);
    const { boot: _, ...withoutBoot } = self;
    await expect(lockOf({ self: withoutBoot, look: () => ({ running: false }) }).acquire()).rejects.toThrow(
      StoreLockedError,
    );
  });

  it('is not broken if it cannot be read', async () => {
    await abandonedLock(1);
    const whole = await readFile(paths.lock);
    for (const damaged of [
      Buffer.alloc(0),
      whole.subarray(0, 20),
      Buffer.from(whole.toString().replace('"pid":1', '"pid":9')),
    ]) {
      await writeFile(paths.lock, damaged);
      await expect(lockOf(processOf(2)).acquire()).rejects.toThrow(StoreLockedError);
    }
  });

  it('appears complete: a crash while it is made locks nobody out', async () => {
    const crashing: FileSystem = { ...nodeFileSystem, link: () => Promise.reject(new TypeError('killed')) };
    await expect(lockOf(processOf(1), crashing).acquire()).rejects.toThrow();
    await writeFile(`${paths.temporary}/claim-half`, '{"host":"he');
    await lockOf(processOf(2)).acquire();
  });

  it('has one winner, however many break it at once', async () => {
    for (let round = 0; round < 30; round++) {
      await abandonedLock(1);
      const attempts = Array.from({ length: 8 }, (_, i) => lockOf(processOf(10 + i)));
      const outcomes = await Promise.allSettled(attempts.map(lock => lock.acquire()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      await attempts[winner]?.release();
    }
  });

  it('can be broken if one who was breaking it is gone too', async () => {
    await abandonedLock(1);
    const { token } = JSON.parse(await readFile(paths.lock, 'utf8')) as { token: string };
    await writeFile(paths.rightTo(token), encodeHolder({ ...processOf(2).self, token: 'of the breaker' }));
    await expect(lockOf(processOf(3)).acquire()).rejects.toThrow('process 2');
    running.delete(2);
    await lockOf(processOf(3)).acquire();
    expect(await readdir(paths.store)).toEqual(
      ['lock', `lock-${token}`, 'tmp'].filter(name => name !== `lock-${token}`),
    );
  });

  it('leaves a breaker that comes late with nothing', async () => {
    await abandonedLock(1);
    const late = lockOf(processOf(2), {
      ...nodeFileSystem,
      // Between seeing that the holder is gone and claiming the right, another one breaks the lock.
      link: async (from, to) => {
        if (to.includes('lock-') && !running.has(3)) await lockOf(processOf(3)).acquire();
        await nodeFileSystem.link(from, to);
      },
    });
    await expect(late.acquire()).rejects.toThrow('process 3');
    expect(JSON.parse(await readFile(paths.lock, 'utf8'))).toMatchObject({ pid: 3 });
  });

  it('is not given back by one who does not hold it', async () => {
    await lockOf(processOf(1)).acquire();
    await lockOf(processOf(2)).release();
    expect(await readdir(paths.store)).toContain('lock');
  });
});
