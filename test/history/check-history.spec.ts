import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.js';
import type { Call, Chain, Seen } from './history.js';

type Kind<K extends Call['kind']> = Extract<Call, { kind: K }>;

const pend = (
  trxId: string,
  invoked: number,
  responded: number,
  policy: 'c' | 'f' = 'c',
  blockIds = ['a', 'b'],
): Kind<'pend'> => ({ kind: 'pend', trxId, blockIds, policy, invoked, responded, succeeded: true, refused: false });
const commit = (
  trxId: string,
  rev: number,
  invoked: number,
  responded: number,
  blockIds = ['a', 'b'],
): Kind<'commit'> => ({
  kind: 'commit',
  request: { trxId, blockIds, rev },
  invoked,
  responded,
  succeeded: true,
  refused: false,
});
const cancel = (trxId: string, invoked: number, responded: number, blockIds = ['a', 'b']): Call => ({
  kind: 'cancel',
  request: { trxId, blockIds },
  invoked,
  responded,
  succeeded: true,
  refused: false,
});
const saw = (blockId: string, tip: number, content: string[], pendings: string[] = []): Seen => ({
  blockId,
  tip,
  rev: tip,
  content,
  pendings,
});
const read = (invoked: number, responded: number, ...seen: Seen[]): Call => ({
  kind: 'get',
  pin: Infinity,
  overlay: undefined,
  seen,
  invoked,
  responded,
});

const both = (...trxIds: string[]): Map<string, Chain> =>
  new Map(['a', 'b'].map(id => [id, trxIds.map((trxId, i) => ({ rev: i + 1, trxId }))]));

const check = (chains: Map<string, Chain>, ...calls: Call[]) => checkHistory({ calls, chains });

const T1 = [pend('t1', 1, 2), commit('t1', 1, 3, 6)];

describe('the history checker accepts', () => {
  it('a read beside a commit that sees it, and one that does not, in the order of real time', () => {
    check(
      both('t1'),
      ...T1,
      read(4, 5, saw('a', 0, [], ['t1']), saw('b', 0, [], ['t1'])),
      read(4, 7, saw('a', 1, ['t1']), saw('b', 1, ['t1'])),
    );
  });

  it('a read that began before a commit and ended after it, and saw nothing of it', () => {
    check(both('t1'), pend('t1', 1, 2), read(3, 9, saw('a', 0, [], ['t1'])), commit('t1', 1, 4, 5));
  });

  it('a commit that was answered by a failure of unknown outcome, and landed', () => {
    check(
      both('t1'),
      pend('t1', 1, 2),
      { ...commit('t1', 1, 3, 4), succeeded: false },
      read(5, 6, saw('a', 0, [], ['t1'])),
      read(7, 8, saw('a', 1, ['t1'])),
    );
  });

  it('exclusive pends, one after the other', () => {
    check(both('t1', 't2'), pend('t1', 1, 2, 'f'), commit('t1', 1, 3, 4), pend('t2', 5, 6, 'f'), commit('t2', 2, 7, 8));
  });
});

describe('of calls that were made again, since nobody knew their outcome, the history checker accepts', () => {
  const unknown = <C extends Call>(call: C): C => ({ ...call, responded: Infinity, succeeded: false });

  it('a pend that was seen before its second try was acknowledged', () => {
    check(both(), unknown(pend('t1', 1, 2)), read(3, 4, saw('a', 0, [], ['t1'])), pend('t1', 5, 6));
  });

  it('a commit that was seen before its second try was acknowledged', () => {
    check(
      both('t1'),
      pend('t1', 1, 2),
      unknown(commit('t1', 1, 3, 4)),
      read(5, 6, saw('a', 1, ['t1'])),
      commit('t1', 1, 7, 8),
    );
  });

  it('a cancel that was seen before its second try was acknowledged, and one that was never tried again', () => {
    const calls = [pend('t1', 1, 2), unknown(cancel('t1', 3, 4)), read(5, 6, saw('a', 0, []))];
    check(both(), ...calls, cancel('t1', 7, 8));
    check(both(), ...calls);
  });
});

describe('the history checker catches', () => {
  const caught = (run: () => void) => expect(run).toThrow(/no order|INV-\d/);

  it('half of a commit', () => {
    caught(() => check(both('t1'), ...T1, read(4, 5, saw('a', 1, ['t1']), saw('b', 0, [], ['t1']))));
  });

  it('a read that misses what was acknowledged before it began', () => {
    caught(() => check(both('t1'), ...T1, read(7, 8, saw('a', 0, [], ['t1']))));
  });

  it('two reads that go back in time', () => {
    caught(() =>
      check(
        both('t1'),
        pend('t1', 1, 2),
        commit('t1', 1, 3, 20),
        read(4, 5, saw('a', 1, ['t1'])),
        read(6, 7, saw('a', 0, [], ['t1'])),
      ),
    );
  });

  it('two reads that see two commits in different orders', () => {
    const chains = new Map<string, Chain>([
      ['a', [{ rev: 1, trxId: 't1' }]],
      ['b', [{ rev: 1, trxId: 't2' }]],
    ]);
    const commits = [commit('t1', 1, 1, 30, ['a']), commit('t2', 1, 1, 30, ['b'])];
    caught(() =>
      check(
        chains,
        ...commits,
        read(2, 9, saw('a', 1, ['t1']), saw('b', 0, [])),
        read(2, 9, saw('a', 0, []), saw('b', 1, ['t2'])),
      ),
    );
  });

  it('an acknowledged commit that is lost', () => {
    caught(() => check(both(), ...T1));
  });

  it('a commit that landed on a part of its blocks', () => {
    caught(() =>
      check(new Map([['a', [{ rev: 1, trxId: 't1' }]]]), pend('t1', 1, 2), {
        ...commit('t1', 1, 3, 4),
        succeeded: false,
      }),
    );
  });

  it('a refused commit that landed', () => {
    expect(() =>
      check(both('t1'), pend('t1', 1, 2), { ...commit('t1', 1, 3, 4), succeeded: false, refused: true }),
    ).toThrow(/nobody committed/);
  });

  it('content that is not that of its revision', () => {
    caught(() =>
      check(both('t1', 't2'), ...T1, pend('t2', 7, 8), commit('t2', 2, 9, 10), read(11, 12, saw('a', 2, ['t2']))),
    );
  });

  it('a transaction that is pending and committed', () => {
    caught(() => check(both('t1'), ...T1, read(7, 8, saw('a', 1, ['t1'], ['t1']))));
  });

  it('a refused transaction that is pending', () => {
    caught(() =>
      check(both(), { ...pend('t1', 1, 2), succeeded: false, refused: true }, read(3, 4, saw('a', 0, [], ['t1']))),
    );
  });

  it('two exclusive pends at once', () => {
    caught(() =>
      check(
        both('t1', 't2'),
        pend('t1', 1, 2, 'f'),
        pend('t2', 3, 4, 'f'),
        commit('t1', 1, 5, 6),
        commit('t2', 2, 7, 8),
      ),
    );
  });

  it('a pending transaction that is seen again after it was cancelled', () => {
    caught(() => check(both(), pend('t1', 1, 2), cancel('t1', 3, 4), read(5, 6, saw('a', 0, [], ['t1']))));
  });

  it('a pending transaction that is missing before it was cancelled', () => {
    caught(() => check(both(), pend('t1', 1, 2), read(3, 4, saw('a', 0, [])), cancel('t1', 5, 6)));
  });

  it('a commit that is refused after it had landed', () => {
    const refused = { ...commit('t1', 1, 7, 8), succeeded: false, refused: true };
    caught(() => check(both('t1'), pend('t1', 1, 2), commit('t1', 1, 3, 6), refused));
  });

  it('a commit that is seen after its second try was acknowledged, and not before another was', () => {
    const lost = { ...commit('t1', 1, 3, 4), responded: Infinity, succeeded: false };
    caught(() => check(both('t1'), pend('t1', 1, 2), lost, commit('t1', 1, 5, 6), read(7, 8, saw('a', 0, [], ['t1']))));
  });

  it('a pending transaction that two blocks of one read do not agree on', () => {
    caught(() => check(both(), pend('t1', 1, 10), read(2, 3, saw('a', 0, [], ['t1']), saw('b', 0, []))));
  });
});

describe('the history checker', () => {
  it('takes ten thousand calls in less than it takes to notice', () => {
    const calls: Call[] = [];
    const chain: { rev: number; trxId: string }[] = [];
    for (let i = 1; i <= 3_000; i++) {
      const at = i * 10;
      chain.push({ rev: i, trxId: `t${i}` });
      calls.push({
        kind: 'commit',
        request: { trxId: `t${i}`, blockIds: ['a'], rev: i },
        invoked: at,
        responded: at + 3,
        succeeded: true,
        refused: false,
      });
    }
    const started = performance.now();
    checkHistory({ calls, chains: new Map([['a', chain]]) });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
