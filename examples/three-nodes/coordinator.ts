import type { BlockId, PendRequest, PendResult, Transforms, TrxId } from '@blockstrata/db-core';
import type { RepoClient } from '@blockstrata/db-p2p';

/** A transaction that a majority has. */
export type Acknowledged = { readonly trxId: TrxId; readonly rev: number; readonly blockIds: readonly BlockId[] };

const ATTEMPTS_MAX = 200;
const PAUSE_MS = 100;

/**
 * Commits to a majority of three repositories: first the transaction is pending on most of them, then it is committed on
 * most of them. A node that fails is asked again later; repeating a call with the same transaction id is safe.
 */
export class Coordinator {
  readonly #nodes: readonly RepoClient[];
  readonly #majority: number;
  /** The last revision of each block that a majority has. */
  readonly #tips = new Map<BlockId, number>();
  #rev = 0;

  constructor(nodes: readonly RepoClient[]) {
    this.#nodes = nodes;
    this.#majority = Math.floor(nodes.length / 2) + 1;
  }

  /** Resolves when a majority has committed. */
  async commit(trxId: TrxId, blockIds: readonly BlockId[], transforms: Transforms): Promise<Acknowledged> {
    return this.#commitOnMajority(this.#requestFor(trxId, blockIds, transforms), blockIds);
  }

  /** Brings every node, not only a majority, to the newest transaction. */
  async commitEverywhere(trxId: TrxId, blockIds: readonly BlockId[], transforms: Transforms): Promise<Acknowledged> {
    const request = this.#requestFor(trxId, blockIds, transforms);
    const acknowledged = await this.#commitOnMajority(request, blockIds);
    await this.#until(this.#nodes.length, async node => {
      const isThere = await this.#commit(node, acknowledged);
      // With its bases: a node that lags behind has to fetch what lies between, and must not go on from what it has.
      if (!isThere) await node.pend({ ...request, policy: 'c' }).catch(() => undefined);
      return isThere;
    });
    return acknowledged;
  }

  #requestFor(trxId: TrxId, blockIds: readonly BlockId[], transforms: Transforms): PendRequest & { rev: number } {
    const bases = Object.fromEntries(blockIds.map(blockId => [blockId, this.#tips.get(blockId) ?? 0]));
    return { trxId, rev: ++this.#rev, policy: 'f', transforms, bases };
  }

  async #commitOnMajority(request: PendRequest & { rev: number }, blockIds: readonly BlockId[]): Promise<Acknowledged> {
    const { trxId, rev } = request;
    const transaction = { trxId, rev, blockIds };
    await this.#until(this.#majority, node => this.#pend(node, request));
    await this.#until(this.#majority, node => this.#commit(node, transaction));
    for (const blockId of blockIds) this.#tips.set(blockId, rev);
    return transaction;
  }

  /** Makes the transaction pending; one that is in the way was never acknowledged, or is decided elsewhere, and gives way. */
  async #pend(node: RepoClient, request: PendRequest): Promise<boolean> {
    const result: PendResult = await node.pend(request);
    if (result.success) return true;
    if (result.code === 'pending') {
      for (const { trxId, blockId } of result.pending ?? []) await node.cancel({ trxId, blockIds: [blockId] });
    }
    return false;
  }

  async #commit(node: RepoClient, { trxId, rev, blockIds }: Acknowledged): Promise<boolean> {
    return (await node.commit({ trxId, rev, blockIds: [...blockIds] })).success;
  }

  /** Asks all nodes, and those that failed again, until enough of them have done it. */
  async #until(needed: number, ask: (node: RepoClient) => Promise<boolean>): Promise<void> {
    const done = new Set<RepoClient>();
    for (let attempt = 1; ; attempt++) {
      const left = this.#nodes.filter(node => !done.has(node));
      await Promise.all(
        left.map(async node => {
          if (await ask(node).catch(() => false)) done.add(node);
        }),
      );
      if (done.size >= needed) return;
      if (attempt === ATTEMPTS_MAX) throw new TypeError(`no majority after ${attempt} attempts`);
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }
}
