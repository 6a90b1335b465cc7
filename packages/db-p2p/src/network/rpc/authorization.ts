import type { PeerId } from '@libp2p/interface';
import type { BlockId } from '@blockstrata/db-core';
import { untilAborted } from '../../storage/kernel/until-aborted.js';
import { UnauthorizedError } from '../errors.js';
import type { Call } from './server-session.js';

/** What a peer may ask a node to do; `feed` is the change feed, `sync` the archives. */
export type Operation = 'get' | 'pend' | 'commit' | 'cancel' | 'feed' | 'sync';

/**
 * What a peer is granted: all of it, nothing, or what is committed. `'committed'` is what strangers get: no pendings, and
 * nothing that makes this node ask others. It allows `get` and `sync`, and nothing else.
 */
export type Grant = boolean | 'committed';

/**
 * Decides what a peer may do. It is asked once for each stream with `'pend'` and no blocks, to choose the limits for the
 * peer's messages, and then for each call. A throw, or a promise that rejects, is a refusal.
 */
export type Authorize = (peerId: PeerId, operation: Operation, blockIds: readonly BlockId[]) => Grant | Promise<Grant>;

/** Whether a call may see everything, or what is committed only. @throws UnauthorizedError */
export async function requireGrant(
  authorize: Authorize | undefined,
  call: Pick<Call, 'peer' | 'signal'>,
  operation: Operation,
  blockIds: readonly BlockId[],
): Promise<'all' | 'committed'> {
  const grant = authorize === undefined ? 'committed' : await ask(authorize, call, operation, blockIds);
  if (grant === true) return 'all';
  if (grant === 'committed' && (operation === 'get' || operation === 'sync')) return 'committed';
  throw new UnauthorizedError('this node', operation);
}

/** Whether a peer may write, and so needs the room that writing takes. */
export async function isStranger(authorize: Authorize | undefined, peer: PeerId): Promise<boolean> {
  return authorize === undefined || (await authorize(peer, 'pend', [])) !== true;
}

async function ask(
  authorize: Authorize,
  { peer, signal }: Pick<Call, 'peer' | 'signal'>,
  operation: Operation,
  blockIds: readonly BlockId[],
): Promise<Grant> {
  try {
    return await untilAborted(Promise.resolve(authorize(peer, operation, blockIds)), [signal]);
  } catch (error) {
    signal.throwIfAborted();
    throw new UnauthorizedError('this node', operation, { cause: error });
  }
}
