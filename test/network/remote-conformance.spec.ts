import { afterAll, describe, expect, it, vi } from 'vitest';
import { MemoryRawStorage, RawStorage, type StorageRepo } from '@blockstrata/db-p2p/storage';

type RepoBench = { repoOver(...args: unknown[]): StorageRepo };

const { remotes } = await vi.hoisted(async () => {
  const { RemoteRepos: Remotes } = await import('./remote-repo.js');
  return { remotes: new Remotes() };
});

vi.mock('../../packages/db-p2p/src/conformance/repo-bench.js', async original => {
  const bench = await original<RepoBench>();
  return { ...bench, repoOver: (...args: unknown[]) => remotes.over(bench.repoOver(...args)) };
});

const { conformance } = await import('@blockstrata/db-p2p/conformance');

afterAll(async () => {
  process.stdout.write(`conformance: ${remotes.calls.count} calls of the repository cases went over TCP\n`);
  await remotes.stop();
});

describe('the conformance suite, its repositories at the other end of a TCP connection', () => {
  const { skipped } = conformance<RawStorage>({
    describe,
    it,
    open: options => new MemoryRawStorage(options),
    reopen: (storage, options) => new RawStorage(storage.driver, options),
    destroy: () => undefined,
  });

  it('went over the network', () => {
    expect(remotes.calls.count).toBeGreaterThan(500);
    expect(skipped).toBeLessThan(50);
  });
});
