/** One kind of proof as `npm run test:long` runs it, again and again with new seeds. */
export type Programme = {
  readonly name: string;
  readonly specs: readonly string[];
  /** Whether `BLOCKSTRATA_RUNS` makes its rounds longer. Default true. */
  readonly hasFactor?: false;
};

/** Each kind gets the same share of the time. */
export const PROGRAMMES: readonly Programme[] = [
  { name: 'model', specs: ['test/model/model.spec.ts'] },
  { name: 'interleavings', specs: ['test/model/interleavings.spec.ts'] },
  { name: 'worlds', specs: ['test/simulation/world.spec.ts'] },
  { name: 'crash images of files', specs: ['test/simulation/crash-images-file.spec.ts'] },
  { name: 'crash images of LevelDB', specs: ['test/crash/images.spec.ts'] },
  { name: 'failed I/O', specs: ['test/simulation/failed-io-file.spec.ts'] },
  { name: 'flipped reads', specs: ['test/simulation/flipped-reads-file.spec.ts'] },
  { name: 'full disks', specs: ['test/full-disk'] },
  { name: 'kill -9', specs: ['test/crash/kill.spec.ts'] },
  { name: 'lock races', specs: ['test/locks/locks.spec.ts'] },
  { name: 'corruption', specs: ['test/corruption'] },
  { name: 'fuzz', specs: ['test/fuzz'] },
  {
    name: 'fuzz of the wire',
    specs: ['packages/db-p2p/test/network/cbor.spec.ts', 'packages/db-p2p/test/network/strangers.spec.ts'],
  },
  { name: 'recovery', specs: ['packages/db-p2p/test/storage/recover.spec.ts'] },
  { name: 'restoration', specs: ['packages/db-p2p/test/storage/restore.spec.ts'] },
  { name: 'simulated networks', specs: ['packages/db-p2p/test/network/simulation.spec.ts'] },
  { name: 'lying peers', specs: ['packages/db-p2p/test/network/lying-peers.spec.ts'], hasFactor: false },
  { name: 'soak', specs: ['test/soak/soak.spec.ts'] },
];
