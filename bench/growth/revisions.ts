import type { Contender, Figure } from '../harness/figure.js';
import { Random } from '../harness/random.js';
import type { Scratch } from '../harness/scratch.js';
import { timed } from '../harness/timed.js';
import { openOurs, type Ours } from '../stores/open-ours.js';
import { ContentSource } from '../workload/content.js';
import { fillHistories, type FilledBlocks } from '../workload/fill.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { update } from '../workload/transactions.js';

/** What is timed on blocks with many revisions. */
export type RevisionWork = 'commit' | 'tip' | 'past revision';

type Histories = FilledBlocks & { readonly ours: Ours; nextTransaction: number };

const opened = new Map<string, Promise<Histories>>();

// With few revisions the blocks take turns, so that none of them gets many more.
const BLOCKS_WITH_FEW = 100;

/** Time for an operation on one block with many revisions, beside blocks with few. */
export function atRevisions(
  work: RevisionWork,
  many: number,
  few: number,
  operations: number,
  scratch: Scratch,
  atMost?: number,
): Figure {
  const peer = `at ${few} revisions`;
  return {
    name: `growth: ${work}, LevelDB, at ${many} revisions of one block`,
    unit: 'ms',
    ...(atMost === undefined ? {} : { bound: { against: peer, atMost } }),
    async prepare() {
      const contend = (name: string, histories: Histories): Contender => ({
        name,
        async run(round) {
          const ms = await timed(() => workOn(histories, work, operations, round));
          return { value: ms / operations };
        },
      });
      return {
        ours: contend(`at ${many} revisions`, await histories(1, many, scratch)),
        peers: [contend(peer, await histories(BLOCKS_WITH_FEW, few, scratch))],
      };
    },
  };
}

/** Closes the stores that the figures have shared. */
export async function closeHistories(): Promise<void> {
  for (const histories of opened.values()) await (await histories).ours.storage.close();
  opened.clear();
}

/** Filled once, and then shared by the figures. */
function histories(blocks: number, revisions: number, scratch: Scratch): Promise<Histories> {
  const key = `${scratch.directory} ${blocks} ${revisions}`;
  let filled = opened.get(key);
  if (filled === undefined) opened.set(key, (filled = fill(blocks, revisions, scratch)));
  return filled;
}

async function fill(blocks: number, revisions: number, scratch: Scratch): Promise<Histories> {
  const ours = openOurs('LevelDB', scratch.fresh('histories'), { durability: 'relaxed' });
  const filled = await fillHistories(ours.repo, 'histories', blocks, revisions);
  return { ...filled, ours, nextTransaction: revisions };
}

async function workOn(histories: Histories, work: RevisionWork, operations: number, round: number): Promise<void> {
  const { blockIds, ours, revisions } = histories;
  const random = new Random(round);
  const content = new ContentSource(round);
  for (let i = 0; i < operations; i++) {
    const blockId = blockIds[i % blockIds.length] ?? '';
    if (work === 'commit') {
      await pendAndCommit(ours.repo, update('histories', histories.nextTransaction++, [blockId], content));
    } else {
      const context = work === 'tip' ? {} : { context: { rev: 1 + random.below(revisions) } };
      await ours.repo.get({ blockIds: [blockId], ...context });
    }
  }
}
