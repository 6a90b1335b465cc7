import { runInNewProcess } from '../harness/child.js';
import { isAbsent, type Absent, type Bound, type Contender, type Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import { BARE } from '../bare/level.js';
import { OURS } from '../stores/ours.js';
import type { Query } from '../stores/reader.js';
import { fillStore, type FilledStore, type FillShape } from './filled-store.js';
import { measureReads, measureSession, type ReadMeasurement, type ReadPlan } from './measure-reads.js';
import { READ_PEERS, type ReaderPlan } from './open-reader.js';

/** The name of raw LevelDB where one record is read. */
export const RAW_GET = 'raw classic-level, await db.get';

/** The name of raw LevelDB where several records are read. */
export const RAW_GET_MANY = 'raw classic-level, await db.getMany';

/** Who reads, beside us. */
export type ReadPeerKind = Exclude<ReaderPlan['kind'], 'ours'>;

/** One way of reading. */
export type ReadShape = FillShape & {
  readonly name: string;
  /** `warm`: everything was read before, in this process. `cold`: a new process, with nothing in our cache. */
  readonly cache: 'warm' | 'cold';
  /** Keep our cache empty even while we read. */
  readonly uncached?: boolean;
  queries(store: FilledStore): readonly Query[];
  readonly peers: readonly ReadPeerKind[];
  /** Several are read in one call. */
  readonly together?: boolean;
};

/** The figure of one way of reading. */
export function readFigure(shape: ReadShape, scratch: Scratch, bound?: Bound): Figure {
  return {
    name: `read: ${shape.name}`,
    unit: '/s',
    ...(bound === undefined ? {} : { bound }),
    async prepare() {
      const store = await fillStore(shape, scratch);
      const queries = shape.queries(store);
      const contend = (name: string, plan: Pick<ReaderPlan, 'kind' | 'directory'>): Contender => ({
        name,
        run: async () => {
          const { ms, hash } = await measure(shape, store, planOf(shape, store, queries, plan));
          return { value: queries.length / (ms / 1000), hash };
        },
      });
      const rawName = shape.together === true ? RAW_GET_MANY : RAW_GET;
      const level = shape.backend === 'LevelDB' ? store.directory : await levelBeside(shape, scratch);
      const peers = await Promise.all(
        shape.peers.map(async kind => {
          if (kind === 'lmdb' || kind === 'sqlite' || kind === 'hyperbee')
            return filledPeer(kind, store, scratch, contend);
          const name = kind === 'raw' ? rawName : BARE;
          return contend(name, { kind, directory: level });
        }),
      );
      return {
        ours: contend(OURS, { kind: 'ours', directory: store.directory }),
        peers,
        dispose: () => scratch.discard(store.directory),
      };
    },
  };
}

function planOf(
  shape: ReadShape,
  store: FilledStore,
  queries: readonly Query[],
  reader: Pick<ReaderPlan, 'kind' | 'directory'>,
): ReadPlan {
  const half = Math.ceil(queries.length / 4);
  return {
    ...reader,
    backend: shape.backend,
    blockCount: store.blockIds.length,
    ...(shape.uncached === true ? { cacheBytesMax: 0 } : {}),
    // Cold, other blocks make the code warm and leave what is timed untouched.
    warmUps: shape.cache === 'warm' ? queries : queries.slice(0, half),
    queries: shape.cache === 'warm' ? queries : queries.slice(half),
    warmEngine: shape.cache === 'cold',
  };
}

function measure(shape: ReadShape, store: FilledStore, plan: ReadPlan): Promise<ReadMeasurement> {
  if (store.session !== undefined && plan.kind === 'ours') return measureSession(store.session, plan);
  if (shape.cache === 'warm') return measureReads(plan);
  return runInNewProcess<ReadPlan, ReadMeasurement>(new URL(import.meta.resolve('./measure-reads.js')), plan);
}

/** The same blocks on LevelDB, for the peers of another backend. */
async function levelBeside(shape: ReadShape, scratch: Scratch): Promise<string> {
  return (await fillStore({ ...shape, backend: 'LevelDB' }, scratch)).directory;
}

async function filledPeer(
  kind: keyof typeof READ_PEERS,
  store: FilledStore,
  scratch: Scratch,
  contend: (name: string, plan: Pick<ReaderPlan, 'kind' | 'directory'>) => Contender,
): Promise<Contender | Absent> {
  const peer = await READ_PEERS[kind]();
  if (isAbsent(peer)) return peer;
  const directory = scratch.fresh(kind);
  await peer.fill(directory, store.copied, store.sealedTips);
  return contend(peer.name, { kind, directory });
}
