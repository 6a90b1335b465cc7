import { StorageIoError } from '@blockstrata/db-core';
import type { DriverWrite, StorageRepo, StoreDriver } from '@blockstrata/db-p2p/storage';
import { CARELESS_WRITERS, SEEDED_DISK_BUGS } from '../seeded-disk-bugs.js';
import type { PlantedBug } from './medium.js';
import type { WorldPlan } from './plan.js';

/** A bug that worlds must show, and on which backend it is planted. */
export type NamedBug = { readonly name: string; readonly backend: WorldPlan['backend']; readonly bug: PlantedBug };

/** One bug for each promise that worlds check. */
export const PLANTED_BUGS: readonly NamedBug[] = [
  { name: 'acknowledges before it has written (INV-1)', backend: 'kernel', bug: { driver: acknowledgesEarly } },
  { name: 'loses one write in eight (INV-1)', backend: 'kernel', bug: { driver: losesWrites } },
  { name: 'leaves half of a batch behind when it fails (INV-2)', backend: 'kernel', bug: { driver: leavesHalf } },
  { name: 'loses entries of the commit log (INV-3)', backend: 'kernel', bug: { driver: losesLog } },
  { name: 'moves the tip of a block back (INV-4)', backend: 'kernel', bug: { driver: movesBack } },
  { name: 'forgets to remove pending records (INV-5)', backend: 'kernel', bug: { driver: keepsPendings } },
  { name: 'takes damage for absence (INV-6)', backend: 'kernel', bug: { driver: hidesRecords } },
  { name: 'goes on after a write that failed (INV-7)', backend: 'kernel', bug: { driver: isNeverPoisoned } },
  { name: 'refuses what it has done (INV-8)', backend: 'kernel', bug: { repo: refusesWhatItDid } },
  { name: 'hands out blocks that are not frozen (INV-13)', backend: 'kernel', bug: { repo: handsOutOwn } },
  { name: 'keeps what it is given, and looks at it later (INV-13)', backend: 'kernel', bug: { repo: takesLater } },
  { name: 'reads its blocks one after the other (INV-2)', backend: 'kernel', bug: { repo: readsInTurn } },
  { name: 'leaves out the sync of the journal (INV-1)', backend: 'files', bug: diskBug('the sync of the journal') },
  {
    name: 'takes a short write for a whole one (INV-1)',
    backend: 'files',
    bug: careless('takes a short write for a whole one'),
  },
];

function diskBug(name: string): PlantedBug {
  const disk = SEEDED_DISK_BUGS[name];
  if (disk === undefined) throw new TypeError(`there is no bug ${name}`);
  return { disk };
}

function careless(name: string): PlantedBug {
  const writer = CARELESS_WRITERS[name];
  if (writer === undefined) throw new TypeError(`there is no bug ${name}`);
  return { disk: writer.seededBug };
}

/** A driver or repository with some of its methods replaced. */
function broken<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function acknowledgesEarly(driver: StoreDriver): StoreDriver {
  let writing: Promise<void> = Promise.resolve();
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      writing = writing.then(() => driver.write(writes)).catch(() => undefined);
    },
  });
}

function losesWrites(driver: StoreDriver): StoreDriver {
  let count = 0;
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      if (++count % 8 !== 0) await driver.write(writes);
    },
  });
}

function leavesHalf(driver: StoreDriver): StoreDriver {
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      try {
        await driver.write(writes);
      } catch (error) {
        await driver.write(writes.slice(0, Math.ceil(writes.length / 2))).catch(() => undefined);
        throw error;
      }
    },
  });
}

function losesLog(driver: StoreDriver): StoreDriver {
  return withWrites(driver, ({ key }) => key.kind !== 'log' || key.seq % 3 !== 0);
}

function movesBack(driver: StoreDriver): StoreDriver {
  let heads = 0;
  return withWrites(driver, ({ key }) => key.kind !== 'meta' || ++heads % 5 !== 0);
}

function keepsPendings(driver: StoreDriver): StoreDriver {
  return withWrites(driver, ({ key, value }) => key.kind !== 'pend' || value !== undefined);
}

function withWrites(driver: StoreDriver, isKept: (write: DriverWrite) => boolean): StoreDriver {
  return broken(driver, { write: (writes: readonly DriverWrite[]) => driver.write(writes.filter(isKept)) });
}

function hidesRecords(driver: StoreDriver): StoreDriver {
  let reads = 0;
  return broken(driver, {
    get: key => (key.kind === 'pend' && ++reads % 6 === 0 ? undefined : driver.get(key)),
  });
}

function isNeverPoisoned(driver: StoreDriver): StoreDriver {
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      try {
        await driver.write(writes);
      } catch (cause) {
        throw new StorageIoError('write a batch', { cause, outcome: 'nothing-written' });
      }
    },
  });
}

function refusesWhatItDid(repo: StorageRepo): StorageRepo {
  let commits = 0;
  return broken(repo, {
    async commit(request, options) {
      const result = await repo.commit(request, options);
      return ++commits % 5 === 0 ? { success: false, code: 'missing-pend', reason: 'a planted bug' } : result;
    },
  });
}

function handsOutOwn(repo: StorageRepo): StorageRepo {
  return broken(repo, { get: async (gets, options) => structuredClone(await repo.get(gets, options)) });
}

function takesLater(repo: StorageRepo): StorageRepo {
  return broken(repo, {
    async pend(request, options) {
      await Promise.resolve();
      return repo.pend(request, options);
    },
  });
}

function readsInTurn(repo: StorageRepo): StorageRepo {
  return broken(repo, {
    async get({ blockIds, ...rest }, options) {
      const results = Object.create(null) as Awaited<ReturnType<StorageRepo['get']>>;
      for (const blockId of [...blockIds])
        Object.assign(results, await repo.get({ blockIds: [blockId], ...rest }, options));
      return results;
    },
  });
}
