import type { Figure } from '../harness/figure.js';
import type { Asked, Question } from '../harness/question.js';
import type { Backend } from '../stores/open-ours.js';
import { bytesForEachRevision } from './bytes-on-disk.js';
import { commitsAtSize } from './commits-at-size.js';
import { heapAtSize } from './heap.js';
import { openingAtSize } from './opening.js';
import { pastRevisionsAtSize, tipsAtSize } from './reads-at-size.js';
import { atRevisions, closeHistories, type RevisionWork } from './revisions.js';

const LEVEL_BLOCKS = [1000, 10_000, 100_000, 1_000_000];
// A file for each record is in their nature.
const FILE_BLOCKS = [1000, 10_000, 100_000];
const MANY_REVISIONS = [1000, 100_000];
const FEW_REVISIONS = 10;

/** What stays the same, and what does not, when a store or the history of a block grows. */
const growth: Question = {
  name: 'growth',
  figures(asked) {
    const { small, scratch } = asked;
    const works: RevisionWork[] = ['commit', 'tip', 'past revision'];
    return [
      ...(small ? [50] : MANY_REVISIONS).flatMap(many =>
        works.map(work => atRevisions(work, many, FEW_REVISIONS, small ? 20 : 500, scratch)),
      ),
      bytesForEachRevision(small ? 40 : 1000, scratch, false),
      ...(small ? [300] : LEVEL_BLOCKS).flatMap(blocks => [
        ...sized(asked, 'LevelDB', blocks),
        tipsAtSize('LevelDB', blocks, { reads: small ? 5 : 100, together: 100 }, scratch),
        pastRevisionsAtSize(blocks, { reads: small ? 20 : 5000, revisions: small ? 20 : 1000 }, scratch),
        ...commits(blocks, asked),
        heapAtSize(blocks, small ? 100 : 100_000, small ? 20 : 5000, scratch),
      ]),
      ...(small ? [200] : FILE_BLOCKS).flatMap(blocks => sized(asked, 'files', blocks)),
    ];
  },
  dispose: closeHistories,
};

export default growth;

function sized({ small, scratch }: Asked, backend: Backend, blocks: number): Figure[] {
  return [
    openingAtSize(backend, blocks, scratch),
    tipsAtSize(backend, blocks, { reads: small ? 50 : 5000, together: 1 }, scratch),
  ];
}

function commits(blocks: number, { small, scratch }: Asked): Figure[] {
  return (['relaxed', 'strict'] as const).flatMap(durability =>
    [1, 64].map(inFlight => {
      const transactions = small ? 50 : durability === 'strict' && inFlight === 1 ? 2000 : 10_000;
      return commitsAtSize({ durability, blocks, transactions, inFlight }, scratch);
    }),
  );
}
