import type { BlockId, IBlock, Limits, RevisionRange } from '@blockstrata/db-core';
import type { BlockArchive } from '../../storage/block/archive.js';
import { replayArchive, toArchive, withoutBase, type CheckedArchive } from '../../storage/block/checked-archive.js';
import { archiveDigest } from '../sync/archive-digest.js';
import type { DigestAnswer } from '../sync/sync-messages.js';

/** What a peer has to say of a candidate. */
export type Opinion =
  /** It holds the same, as far as it holds anything. */
  | { readonly verdict: 'agrees'; readonly stretch: Stretch }
  /** It holds something else. */
  | { readonly verdict: 'disagrees' }
  /** It holds too little to have a say. */
  | { readonly verdict: 'abstains' };

/** Which part of a history is meant: from `floor` to `top`, and nothing between `top` and `end`. */
export type Stretch = {
  readonly floor: number;
  /** The block's revision before the floor; `undefined`: not known. */
  readonly floorBase: number | undefined;
  readonly top: number;
  readonly end: number | undefined;
};

/** An archive that checked out, and still needs others to agree. */
export class Candidate {
  readonly peer: string;
  readonly #archive: CheckedArchive;
  readonly #rev: number | undefined;
  readonly #limits: Limits;
  readonly #digests = new Map<string, Uint8Array | undefined>();

  /** @param limits those that the archive was checked under. */
  constructor(peer: string, archive: CheckedArchive, rev: number | undefined, limits: Limits) {
    this.peer = peer;
    this.#limits = limits;
    this.#archive = archive;
    this.#rev = rev;
  }

  get blockId(): BlockId {
    return this.#archive.blockId;
  }

  /** All that the archive covers. */
  get whole(): Stretch {
    const { revisions, range } = this.#archive;
    const [first] = revisions;
    return { floor: first.rev, floorBase: first.base, top: (revisions.at(-1) ?? first).rev, end: range[1] };
  }

  /** What the answer of another holder means for this archive. */
  judge(answer: DigestAnswer | undefined): Opinion {
    const { floor, floorBase, top } = this.whole;
    if (answer === undefined || answer.floor > top || answer.top < floor) return { verdict: 'abstains' };
    // It was asked for nothing above: it knows of a revision that this archive should have, or makes one up.
    if (answer.top > top) return { verdict: 'disagrees' };
    if (this.#rev !== undefined && answer.top < top) return { verdict: 'abstains' };
    const from = Math.max(floor, answer.floor);
    const to = Math.min(top, answer.top);
    const ours = this.#digest(from, to);
    if (ours === undefined || answer.floor < floor || !sameBytes(ours, answer.digest)) return { verdict: 'disagrees' };
    const ourBase = from === floor ? floorBase : this.#baseOf(from);
    if (ourBase !== undefined && answer.floorBase !== undefined && ourBase !== answer.floorBase)
      return { verdict: 'disagrees' };
    return { verdict: 'agrees', stretch: { floor: from, floorBase: answer.floorBase, top: to, end: answer.end } };
  }

  /** The part of the archive on which all of these agree; `undefined` where that does not cover the asked revision. */
  agreed(stretches: readonly Stretch[]): BlockArchive | undefined {
    const all = [this.whole, ...stretches];
    const floor = Math.max(...all.map(stretch => stretch.floor));
    const top = Math.min(...all.map(stretch => stretch.top));
    if (floor > top || (this.#rev !== undefined && this.#rev < floor && this.#baseOf(floor) !== 0)) return undefined;
    const ends = all.flatMap(stretch => stretch.end ?? []);
    const end = ends.length === 0 ? undefined : Math.max(top + 1, Math.min(...ends));
    const isBaseShared = all.every(stretch => stretch.floor !== floor || stretch.floorBase !== undefined);
    return this.#cut(floor, top, end, isBaseShared);
  }

  /** What is cut out of a sound archive is sound. */
  #cut(floor: number, top: number, end: number | undefined, keepsFloorBase: boolean): BlockArchive | undefined {
    const { blockId, whole } = this;
    const range: RevisionRange = end === undefined ? [floor] : [floor, end];
    const isWhole = floor === whole.floor && top === whole.top && (keepsFloorBase || whole.floorBase === undefined);
    if (isWhole) return toArchive({ ...this.#archive, range }, this.#limits);
    const [first, ...rest] = this.#archive.revisions.filter(({ rev }) => rev >= floor && rev <= top);
    if (first === undefined) return undefined;
    const lowest = keepsFloorBase ? first : withoutBase(first);
    return toArchive({ blockId, revisions: [lowest, ...rest], range, floor: this.#contentAt(floor) }, this.#limits);
  }

  #digest(from: number, to: number): Uint8Array | undefined {
    const key = `${from}-${to}`;
    if (!this.#digests.has(key)) this.#digests.set(key, this.#computeDigest(from, to));
    return this.#digests.get(key);
  }

  #computeDigest(from: number, to: number): Uint8Array | undefined {
    const stretch = this.#archive.revisions.filter(({ rev }) => rev >= from && rev <= to);
    if (stretch[0]?.rev !== from || stretch.at(-1)?.rev !== to) return undefined;
    return archiveDigest(this.blockId, this.#contentAt(from), stretch);
  }

  #contentAt(rev: number): IBlock | undefined {
    for (const [revision, block] of replayArchive(this.#archive)) if (revision.rev === rev) return block.content();
    return undefined;
  }

  #baseOf(rev: number): number | undefined {
    return this.#archive.revisions.find(revision => revision.rev === rev)?.base;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
