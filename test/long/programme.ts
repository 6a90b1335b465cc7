/** One kind of proof as `npm run test:long` runs it, again and again with new seeds. */
export type Programme = {
  readonly name: string;
  /** What one round covers, times the factor. */
  readonly covers: { readonly count: number; readonly of: string };
  readonly specs: readonly string[];
  /** Multiplies the runs of `npm test`. */
  readonly factor: number;
};

/** Each kind gets the same share of the time. */
export const PROGRAMMES: readonly Programme[] = [
  { name: 'model', covers: { count: 1_400, of: 'command sequences' }, specs: ['test/model/model.spec.ts'], factor: 5 },
  {
    name: 'interleavings',
    covers: { count: 500, of: 'schedules' },
    specs: ['test/model/interleavings.spec.ts'],
    factor: 10,
  },
  {
    name: 'crash images of files',
    covers: { count: 10_000, of: 'images' },
    specs: ['test/simulation/crash-images-file.spec.ts'],
    factor: 5,
  },
  {
    name: 'crash images of LevelDB',
    covers: { count: 200, of: 'images' },
    specs: ['test/crash/images.spec.ts'],
    factor: 5,
  },
  {
    name: 'failed I/O',
    covers: { count: 1, of: 'sweeps over every call' },
    specs: ['test/simulation/failed-io-file.spec.ts'],
    factor: 1,
  },
  { name: 'kill -9', covers: { count: 120, of: 'kills' }, specs: ['test/crash/kill.spec.ts'], factor: 2 },
  { name: 'lock races', covers: { count: 40, of: 'rounds' }, specs: ['test/locks/locks.spec.ts'], factor: 2 },
  {
    name: 'corruption',
    covers: { count: 2_000, of: 'damaged stores' },
    specs: ['test/corruption/corruption.spec.ts'],
    factor: 3,
  },
  { name: 'fuzz', covers: { count: 20_000, of: 'inputs' }, specs: ['test/fuzz'], factor: 10 },
  {
    name: 'recovery and restoration',
    covers: { count: 100, of: 'histories' },
    specs: ['packages/db-p2p/test/storage/recover.spec.ts', 'packages/db-p2p/test/storage/restore.spec.ts'],
    factor: 5,
  },
  {
    name: 'lying peers',
    covers: { count: 25, of: 'behaviours' },
    specs: ['packages/db-p2p/test/network/lying-peers.spec.ts'],
    factor: 1,
  },
  { name: 'soak', covers: { count: 40_000, of: 'transactions' }, specs: ['test/soak/soak.spec.ts'], factor: 2 },
];
