import type { BlockId, CommitRequest, PendPolicy, TrxBlocks, TrxId } from '@blockstrata/db-core';

/** When a call was made and when it was answered, in ticks of one clock; a call that never was answered: Infinity. */
export type Interval = { readonly invoked: number; responded: number };

/** What a read saw of one block. */
export type Seen = {
  readonly blockId: BlockId;
  /** The tip, 0: none. */
  readonly tip: number;
  /** The revision of the content, 0: none. */
  readonly rev: number;
  /** The transactions in the content, newest first; `undefined`: the reader's own pending one does not apply to it. */
  readonly content: readonly TrxId[] | undefined;
  readonly pendings: readonly TrxId[];
};

/**
 * One call, with what it asked for and what came of it: it succeeded, it was refused and so changed nothing, or neither
 * is known.
 */
export type Call = Interval &
  (
    | {
        readonly kind: 'pend';
        readonly trxId: TrxId;
        readonly blockIds: readonly BlockId[];
        readonly policy: PendPolicy;
        succeeded: boolean;
        refused: boolean;
      }
    | { readonly kind: 'commit'; readonly request: CommitRequest; succeeded: boolean; refused: boolean }
    | { readonly kind: 'cancel'; readonly request: TrxBlocks; succeeded: boolean; refused: boolean }
    | {
        readonly kind: 'restore';
        readonly blockId: BlockId;
        readonly trxIds: readonly TrxId[];
        succeeded: boolean;
        refused: boolean;
      }
    | {
        readonly kind: 'get';
        readonly pin: number;
        readonly overlay: TrxId | undefined;
        seen: readonly Seen[] | undefined;
      }
  );

/** What a block's history turned out to be, in the order of its revisions. */
export type Chain = readonly { readonly rev: number; readonly trxId: TrxId }[];

/** A history: the calls, and what the store held in the end. */
export type History = { readonly calls: readonly Call[]; readonly chains: ReadonlyMap<BlockId, Chain> };

type Asked<K extends Call['kind']> = Omit<
  Extract<Call, { kind: K }>,
  'invoked' | 'responded' | 'succeeded' | 'refused' | 'seen'
>;

/** Takes down calls as they begin and end. */
export class Recorder {
  readonly calls: Call[] = [];
  #tick = 0;

  /** A call begins. */
  begin(
    asked: Asked<'pend'> | Asked<'commit'> | Asked<'cancel'> | Asked<'restore'>,
  ): Extract<Call, { succeeded: boolean }> {
    const call = { ...asked, invoked: ++this.#tick, responded: Infinity, succeeded: false, refused: false };
    this.calls.push(call);
    return call;
  }

  /** A read begins. */
  beginGet(asked: Asked<'get'>): Extract<Call, { kind: 'get' }> {
    const call = { ...asked, invoked: ++this.#tick, responded: Infinity, seen: undefined };
    this.calls.push(call);
    return call;
  }

  /** A call ends. */
  end(call: Call): void {
    call.responded = ++this.#tick;
  }
}
