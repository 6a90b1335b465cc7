import { serviceCapabilities, serviceDependencies, type PeerId, type Startable } from '@libp2p/interface';
import {
  DEFAULT_LIMITS,
  InvalidRequestError,
  LimitExceededError,
  resolveLimits,
  systemClock,
  type BlockGets,
  type BlockId,
  type Clock,
  type GetBlockResult,
  type IRepo,
  type Limits,
  type RepoOptions,
} from '@blockstrata/db-core';
import type { IRawStorage } from '../../storage/raw-storage.js';
import type { LogEntry } from '../../storage/records.js';
import { resolveNetworkLimits, type NetworkLimits } from '../limits.js';
import { isStranger, requireGrant, type Authorize } from '../rpc/authorization.js';
import { requireCount } from '../rpc/envelope.js';
import { RpcService, type RpcServiceComponents } from '../rpc/rpc-service.js';
import type { Call, OperationSpec } from '../rpc/server-session.js';
import { encodeCommitResult, encodeGetResults, encodeLogEntry, encodePendResult } from './repo-answers.js';
import { REPO_PROTOCOL } from './repo-protocol.js';
import { decodeCommit, decodeExpiresInMs, decodeGets, decodePend, decodeTrxBlocks } from './repo-requests.js';

/** A repository that can be served. What is optional is served where it is there. */
export type ServedRepo = IRepo & {
  /** Past and future entries of the commit log behind `from`. */
  changes?(options?: { from?: number; signal?: AbortSignal }): AsyncIterable<LogEntry>;
  /** Like `get`, but asks nobody else for what is not held here. */
  getHeld?(gets: BlockGets, options?: RepoOptions): Promise<Record<BlockId, GetBlockResult>>;
  /** Where its commit log is: a feed from behind the end of it is refused. */
  readonly storage?: Pick<IRawStorage, 'readLog'> | undefined;
};

/** How a repository is served. */
export type RepoServiceInit = {
  repo: ServedRepo;
  /** Who may do what. Without it everybody is a stranger, who may read what is committed and held here, and no more. */
  authorize?: Authorize;
  /** Bounds of the requests; those of the repository. Default {@link DEFAULT_LIMITS}. */
  repoLimits?: Partial<Limits>;
  /** Bounds of the network. Default {@link DEFAULT_NETWORK_LIMITS}. */
  limits?: Partial<NetworkLimits>;
  clock?: Clock;
};

/** A repository that is being served. */
export interface RepoService extends Startable {
  /** Streams that peers have open. */
  readonly streams: number;
}

/**
 * Serves a repository at {@link REPO_PROTOCOL}: get, pend, commit, cancel and the change feed. Every request has a
 * deadline and every peer a budget (INV-12); a caller that aborts, or is gone, aborts its calls here. Errors travel as
 * codes.
 *
 * @throws TypeError if the limits contradict each other.
 *
 * @example
 * ```ts
 * import { createLibp2p } from 'libp2p';
 * import { tcp } from '@libp2p/tcp';
 * import { noise } from '@libp2p/noise';
 * import { yamux } from '@libp2p/yamux';
 * import { BlockStorage, MemoryRawStorage, repoService, StorageRepo } from '@blockstrata/db-p2p';
 *
 * const storage = new MemoryRawStorage();
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * const writers = new Set(['12D3KooWGzBBcYwrFPf1gDsTSUPRr3R4ZsK1pfs4tWkyqFpVTtyP']);
 * const node = await createLibp2p({
 *   addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
 *   transports: [tcp()],
 *   connectionEncrypters: [noise()],
 *   streamMuxers: [yamux()],
 *   services: { repo: repoService({ repo, authorize: peer => writers.has(peer.toString()) || 'committed' }) },
 * });
 * await node.stop();
 * ```
 */
export function repoService(init: RepoServiceInit): (components: RpcServiceComponents) => RepoService {
  const limits = resolveNetworkLimits(init.limits);
  const repoLimits = init.repoLimits === undefined ? DEFAULT_LIMITS : resolveLimits(init.repoLimits);
  return components => new RepoServer(components, { ...init, limits }, repoLimits);
}

class RepoServer extends RpcService implements RepoService {
  readonly [Symbol.toStringTag] = '@blockstrata/repo';
  readonly [serviceCapabilities] = ['@blockstrata/repo'];
  readonly [serviceDependencies]: string[] = [];

  constructor(components: RpcServiceComponents, init: RepoServiceInit & { limits: NetworkLimits }, repoLimits: Limits) {
    const { authorize, limits, clock } = init;
    super(components, {
      name: 'repo',
      protocol: REPO_PROTOCOL,
      limits,
      clock,
      isStranger: (peer: PeerId) => isStranger(authorize, peer),
      operations: new Map<string, OperationSpec>([
        ['get', { handle: call => get(init, repoLimits, call) }],
        ['pend', { handle: call => pend(init, repoLimits, call) }],
        ['commit', { handle: call => commit(init, repoLimits, call) }],
        ['cancel', { handle: call => cancel(init, repoLimits, call) }],
        ['feed', { handle: call => feed(init, call), standing: true }],
      ]),
    });
  }
}

type ServerInit = RepoServiceInit & { limits: NetworkLimits };

async function get({ repo, authorize, limits }: ServerInit, repoLimits: Limits, call: Call): Promise<unknown> {
  const gets = decodeGets(call.body, repoLimits);
  if ((await requireGrant(authorize, call, 'get', gets.blockIds)) === 'all') {
    return encodeGetResults(await repo.get(gets, options(call)));
  }
  const { strangerGetBlocksMax } = limits;
  if (gets.blockIds.length > strangerGetBlocksMax) {
    throw new LimitExceededError('strangerGetBlocksMax', strangerGetBlocksMax, 'a stranger asks for too many blocks');
  }
  const rev = gets.context?.rev;
  const committed: BlockGets =
    rev === undefined ? { blockIds: gets.blockIds } : { blockIds: gets.blockIds, context: { rev } };
  const results = await (repo.getHeld?.(committed, options(call)) ?? repo.get(committed, options(call)));
  return encodeGetResults(withoutPendings(results));
}

/** A stranger sees no pendings, not even that there are some. */
function withoutPendings(results: Record<BlockId, GetBlockResult>): Record<BlockId, GetBlockResult> {
  const stripped = Object.create(null) as Record<BlockId, GetBlockResult>;
  for (const blockId of Object.keys(results)) {
    const result = results[blockId] as GetBlockResult;
    const { latest } = result.state;
    stripped[blockId] = { ...result, state: latest === undefined ? {} : { latest } };
  }
  return stripped;
}

async function pend({ repo, authorize }: ServerInit, repoLimits: Limits, call: Call): Promise<unknown> {
  const request = decodePend(call.body, repoLimits);
  const { inserts = {}, updates = {}, deletes = [] } = request.transforms;
  const blockIds = [...new Set([...Object.keys(inserts), ...Object.keys(updates), ...deletes])];
  await requireGrant(authorize, call, 'pend', blockIds);
  // Whatever happens to the connection, a pend that was sent can become pending until its deadline, and not after it.
  return encodePendResult(await repo.pend(request, { expiration: call.deadline, ...options(call) }));
}

async function commit({ repo, authorize }: ServerInit, repoLimits: Limits, call: Call): Promise<unknown> {
  const request = decodeCommit(call.body, repoLimits);
  await requireGrant(authorize, call, 'commit', request.blockIds);
  return encodeCommitResult(await repo.commit(request, options(call)));
}

async function cancel({ repo, authorize }: ServerInit, repoLimits: Limits, call: Call): Promise<unknown> {
  const request = decodeTrxBlocks(call.body, repoLimits);
  await requireGrant(authorize, call, 'cancel', request.blockIds);
  await repo.cancel(request, options(call));
  return null;
}

/** Entries as they come, and in between a sign of life, so that a reader can tell a quiet feed from a dead one. */
async function feed({ repo, authorize, limits, clock }: ServerInit, call: Call): Promise<unknown> {
  await requireGrant(authorize, call, 'feed', []);
  if (repo.changes === undefined) throw new InvalidRequestError('message.op', 'is not served here');
  const from = call.body.from === undefined ? 0 : requireCount(call.body.from, 'from', 0);
  // Whoever asks for what comes after an entry that is not there follows another log, and would wait in silence.
  if (from > 0 && !(await isLogged(repo.storage, from)))
    throw new InvalidRequestError('from', 'is no entry of the log');
  const entries = repo.changes({ from, signal: call.signal })[Symbol.asyncIterator]();
  const beat = Symbol('beat');
  try {
    let next = entries.next();
    for (;;) {
      const timer = Promise.withResolvers<typeof beat>();
      const callOff = (clock ?? systemClock).after(limits.feedBeatMs, () => timer.resolve(beat));
      const found = await Promise.race([next, timer.promise]).finally(callOff);
      if (found === beat) {
        await call.emit(null);
        continue;
      }
      if (found.done === true) return null;
      await call.emit(encodeLogEntry(found.value));
      next = entries.next();
    }
  } finally {
    await entries.return?.();
  }
}

async function isLogged(storage: ServedRepo['storage'], seq: number): Promise<boolean> {
  if (storage === undefined) return true;
  for await (const entry of storage.readLog({ from: seq - 1, limit: 1 })) return entry.seq === seq;
  return false;
}

function options(call: Call): RepoOptions {
  const expiresInMs = decodeExpiresInMs(call.body);
  if (expiresInMs === undefined) return { signal: call.signal };
  return { signal: call.signal, expiration: Math.min(call.arrival + expiresInMs, call.deadline) };
}
