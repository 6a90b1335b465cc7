import type { Durability } from '@blockstrata/db-p2p/storage';
import { commitFigure, type CommitShape } from '../commit/commit-figure.js';
import { filePeers, memoryPeers } from '../commit/peers.js';
import { BARE, bareLevel } from '../bare/level.js';
import { bytesForEachRevision } from '../growth/bytes-on-disk.js';
import { commitsAtSize } from '../growth/commits-at-size.js';
import { heapAtSize } from '../growth/heap.js';
import { atRevisions, closeHistories } from '../growth/revisions.js';
import type { Figure } from '../harness/figure.js';
import type { Asked, Question } from '../harness/question.js';
import { coldTips, pastRevisions, warmTips } from '../read/shapes.js';
import { RAW_GET, readFigure } from '../read/read-figure.js';
import type { CommitTarget } from '../stores/commit-target.js';
import { OBVIOUS_FILES } from '../stores/obvious-files.js';
import { RAW_LEVEL, rawLevel } from '../stores/raw-level.js';

const HYPERBEE = 'hyperbee checkout().get';

/** Whether we are as fast as the engine underneath allows: every ratio that must be reached, in one table. */
const bounds: Question = {
  name: 'bounds',
  figures: asked => [
    ...levelCommits(asked),
    ...fileCommits(asked),
    memoryCommits(asked),
    ...reads(asked),
    ...sizes(asked),
  ],
  dispose: closeHistories,
};

export default bounds;

/** Commits on LevelDB beside raw LevelDB, the bare program, and whoever else is given. */
export function levelCommits(
  { small, scratch }: Asked,
  more: (durability: Durability) => readonly CommitTarget[] = () => [],
): Figure[] {
  const figure = (durability: Durability, inFlight: number, blocks: number, transactions: number, atLeast: number) =>
    commitFigure(
      { backend: 'LevelDB', durability, inFlight, blocks, transactions: small ? 40 : transactions },
      async () => [rawLevel(durability), bareLevel(durability), ...more(durability)],
      scratch,
      { against: RAW_LEVEL, atLeast, bare: BARE },
    );
  return [
    figure('relaxed', 1, 1, 10_000, 0.7),
    figure('relaxed', 64, 1, 20_000, 0.7),
    figure('strict', 1, 1, 5000, 0.85),
    figure('strict', 64, 1, 20_000, 0.8),
    figure('strict', 16, 10, 1500, 0.75),
  ];
}

function fileCommits({ small, scratch }: Asked): Figure[] {
  const transactions = small ? 60 : 20_000;
  const shape: CommitShape = { backend: 'files', durability: 'strict', inFlight: 16, blocks: 1, transactions };
  const peers = () => filePeers('strict', Math.ceil(transactions / 20));
  const bound = (atLeast: number) => ({ against: OBVIOUS_FILES, atLeast, bare: BARE });
  return [
    commitFigure(shape, peers, scratch, bound(2)),
    commitFigure({ ...shape, hotBlocks: small ? 20 : 1000 }, peers, scratch, bound(5)),
  ];
}

function memoryCommits({ small, scratch }: Asked): Figure {
  return commitFigure(
    { backend: 'memory', durability: 'relaxed', inFlight: 16, blocks: 1, transactions: small ? 40 : 10_000 },
    memoryPeers,
    scratch,
    { against: RAW_LEVEL, atLeast: 4, bare: BARE },
  );
}

function reads({ small, scratch }: Asked): Figure[] {
  return [
    readFigure({ ...warmTips('LevelDB', small), peers: ['raw', 'bare-cache'] }, scratch, {
      against: RAW_GET,
      atLeast: 20,
      bare: BARE,
    }),
    readFigure(coldTips('LevelDB', small), scratch, { against: RAW_GET, atLeast: 0.5, bare: BARE }),
    readFigure(pastRevisions('LevelDB', 'cold', small), scratch, { against: HYPERBEE, atLeast: 5, bare: BARE }),
  ];
}

function sizes({ small, scratch }: Asked): Figure[] {
  const many = small ? 50 : 100_000;
  const operations = small ? 20 : 500;
  const blocks = small ? 300 : 1_000_000;
  return [
    ...(['commit', 'tip', 'past revision'] as const).map(work => atRevisions(work, many, 10, operations, scratch, 1.5)),
    bytesForEachRevision(small ? 40 : 1000, scratch, true),
    commitsAtSize({ durability: 'relaxed', blocks, transactions: small ? 50 : 10_000, inFlight: 1 }, scratch, {
      against: RAW_LEVEL,
      atLeast: 0.65,
      bare: BARE,
    }),
    heapAtSize(blocks, small ? 100 : 100_000, small ? 20 : 5000, scratch, true),
  ];
}
