import type { Backend } from '../stores/open-ours.js';
import { pastQueries, tipQueries } from './filled-store.js';
import type { ReadShape } from './read-figure.js';

const TOGETHER = 100;

/** One tip after the other, all of them in our cache. */
export function warmTips(backend: Backend, small: boolean): ReadShape {
  return {
    name: `tip, ${backend}, warm`,
    backend,
    blocks: small ? 50 : 5000,
    revisions: 1,
    cache: 'warm',
    queries: store => tipQueries(store, small ? 100 : 50_000, 1, false),
    // The other engines hold our sealed records, and those of files are of another kind.
    peers: backend === 'files' ? ['raw', 'hyperbee'] : ['raw', 'bare-cache', 'lmdb', 'sqlite', 'hyperbee'],
  };
}

/** Each tip once, in a new process, out of the cache of the engine. */
export function coldTips(backend: Backend, small: boolean): ReadShape {
  return {
    name: `tip, ${backend}, our cache cold, block in the engine's cache`,
    backend,
    blocks: small ? 60 : 6000,
    revisions: 1,
    cache: 'cold',
    queries: store => tipQueries(store, store.blockIds.length, 1, true),
    peers: backend === 'LevelDB' ? ['raw', 'bare'] : ['raw'],
  };
}

/** Random revisions of blocks that have a thousand; cold: in a new process whose cache of ours holds nothing, ever. */
export function pastRevisions(backend: Backend, cache: 'warm' | 'cold', small: boolean): ReadShape {
  return {
    name: `past revision of ${small ? 50 : 1000}, ${backend}, ${cache === 'warm' ? 'warm' : 'our cache cold'}`,
    backend,
    blocks: small ? 2 : 10,
    revisions: small ? 50 : 1000,
    cache,
    uncached: cache === 'cold',
    queries: store => pastQueries(store, small ? 60 : 20_000),
    peers: backend === 'LevelDB' ? ['hyperbee', 'bare'] : ['hyperbee'],
  };
}

/** A hundred tips in one call. */
export function manyTips(cache: 'warm' | 'cold', small: boolean): ReadShape {
  return {
    name: `${TOGETHER} tips in one get, LevelDB, ${cache === 'warm' ? 'warm' : 'our cache cold'}`,
    backend: 'LevelDB',
    blocks: small ? 200 : 6000,
    revisions: 1,
    cache,
    queries: store => tipQueries(store, small ? 8 : cache === 'warm' ? 500 : 60, TOGETHER, cache === 'cold'),
    peers: ['raw', cache === 'warm' ? 'bare-cache' : 'bare'],
    together: true,
  };
}
