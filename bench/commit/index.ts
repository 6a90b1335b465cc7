import type { Durability } from '@blockstrata/db-p2p/storage';
import type { Asked, Question } from '../harness/question.js';
import type { Figure } from '../harness/figure.js';
import { commitFigure, type CommitShape } from './commit-figure.js';
import { filePeers, levelPeers, memoryPeers } from './peers.js';

const IN_FLIGHT = [1, 16, 64, 1024];
const HOT_BLOCKS = 1000;

/** How many transactions a second go through pend and commit, beside raw engines that write the same records. */
const commit: Question = {
  name: 'commit',
  figures(asked) {
    return [
      ...(['relaxed', 'strict'] as const).flatMap(durability => levelFigures(asked, durability)),
      ...memoryFigures(asked),
      ...(['relaxed', 'strict'] as const).flatMap(durability => fileFigures(asked, durability)),
    ];
  },
};

export default commit;

function levelFigures({ small, scratch }: Asked, durability: Durability): Figure[] {
  const figure = (inFlight: number, blocks: number, transactions: number, hotBlocks?: number) => {
    const hot = hotBlocks === undefined ? {} : { hotBlocks };
    const shape: CommitShape = { backend: 'LevelDB', durability, inFlight, blocks, transactions, ...hot };
    return commitFigure(shape, () => levelPeers(durability, inFlight, hotBlocks !== undefined), scratch);
  };
  // Without company each transaction of a strict store waits for two syncs of its own.
  const count = (inFlight: number) => (small ? 60 : durability === 'strict' && inFlight === 1 ? 5000 : 10_000);
  return [
    ...IN_FLIGHT.map(inFlight => figure(inFlight, 1, count(inFlight))),
    ...IN_FLIGHT.map(inFlight => figure(inFlight, 10, Math.ceil(count(inFlight) / 10))),
    figure(16, 1, count(16), small ? 20 : HOT_BLOCKS),
  ];
}

function memoryFigures({ small, scratch }: Asked): Figure[] {
  const transactions = small ? 60 : 10_000;
  return IN_FLIGHT.map(inFlight =>
    commitFigure({ backend: 'memory', durability: 'relaxed', inFlight, blocks: 1, transactions }, memoryPeers, scratch),
  );
}

function fileFigures({ small, scratch }: Asked, durability: Durability): Figure[] {
  const figure = (inFlight: number, blocks: number, transactions: number, hotBlocks?: number) => {
    const hot = hotBlocks === undefined ? {} : { hotBlocks };
    const shape: CommitShape = { backend: 'files', durability, inFlight, blocks, transactions, ...hot };
    return commitFigure(shape, () => filePeers(durability, Math.ceil(transactions / 10)), scratch);
  };
  const transactions = small ? 60 : 3000;
  return [
    ...IN_FLIGHT.map(inFlight => figure(inFlight, 1, inFlight === 1 ? Math.ceil(transactions / 5) : transactions)),
    figure(16, 10, Math.ceil(transactions / 10)),
    figure(16, 1, transactions, small ? 20 : HOT_BLOCKS),
  ];
}
