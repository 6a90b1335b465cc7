import {
  serviceCapabilities,
  serviceDependencies,
  type ContentRouting,
  type PeerId,
  type Startable,
} from '@libp2p/interface';
import {
  requireId,
  requireRevision,
  transformsFromBlocks,
  type BlockId,
  type Clock,
  type TrxId,
  type TrxTransforms,
} from '@blockstrata/db-core';
import { floorContent, openHistory, type History, type HistoryRevision } from '../../storage/block/read-history.js';
import type { IRawStorage } from '../../storage/raw-storage.js';
import { resolveNetworkLimits, type NetworkLimits } from '../limits.js';
import { requireGrant, type Authorize } from '../rpc/authorization.js';
import { CallWindow } from '../rpc/call-window.js';
import { RpcService, type RpcServiceComponents } from '../rpc/rpc-service.js';
import type { Call, OperationSpec } from '../rpc/server-session.js';
import { Announcer } from './announcer.js';
import { archiveDigest } from './archive-digest.js';
import { encodeArchiveItems } from './archive-items.js';
import { deflate } from './deflate.js';
import {
  decodeArchiveRequest,
  encodeArchiveHead,
  encodeDigestAnswer,
  encodeHeadAnswer,
  type DigestAnswer,
} from './sync-messages.js';
import { SYNC_PROTOCOL } from './sync-protocol.js';

/** How archives are served. */
export type SyncServiceInit = {
  /** What is served: only what is held here; nobody else is asked. */
  storage: IRawStorage;
  /** Who may have archives. Without it everybody may have what is committed. Pendings need a grant of `true`. */
  authorize?: Authorize;
  /** Deflate chunks for those who ask for it. Default true. */
  compress?: boolean;
  /** Tell content routing which blocks are held here. Default false. */
  announce?: boolean;
  /** Bounds of the network. Default {@link DEFAULT_NETWORK_LIMITS}. */
  limits?: Partial<NetworkLimits>;
  clock?: Clock;
};

/** What the service needs of libp2p; content routing, and whether somebody is connected, only to announce. */
export type SyncServiceComponents = RpcServiceComponents & {
  contentRouting?: ContentRouting;
  connectionManager?: { getConnections(): readonly unknown[] };
};

/** Archives that are being served. */
export interface SyncService extends Startable {
  /** Streams that peers have open. */
  readonly streams: number;
}

/**
 * Serves the history of blocks at {@link SYNC_PROTOCOL}: archives in bounded chunks, the newest revision first, so that a
 * reader who lost the stream goes on where it was; and digests, by which others can be compared without a transfer.
 *
 * @throws TypeError if the limits contradict each other.
 *
 * @example
 * ```ts
 * import { MemoryRawStorage, syncService } from '@blockstrata/db-p2p';
 *
 * const storage = new MemoryRawStorage();
 * const services = { sync: syncService({ storage }) }; // for createLibp2p({ services })
 * await storage.close();
 * ```
 */
export function syncService(init: SyncServiceInit): (components: SyncServiceComponents) => SyncService {
  const limits = resolveNetworkLimits(init.limits);
  return components => new SyncServer(components, { ...init, limits });
}

type ServerInit = SyncServiceInit & { limits: NetworkLimits };

class SyncServer extends RpcService implements SyncService {
  readonly [Symbol.toStringTag] = '@blockstrata/sync';
  readonly [serviceCapabilities] = ['@blockstrata/sync'];
  readonly [serviceDependencies]: string[] = [];
  readonly #announcer: Announcer | undefined;

  constructor(components: SyncServiceComponents, init: ServerInit) {
    const { limits, clock } = init;
    const window = new CallWindow(limits.syncsInFlightMax);
    const inTurn = (handle: (call: Call) => Promise<unknown>): OperationSpec => ({
      async handle(call) {
        const leave = await window.enter(call.signal);
        return handle(call).finally(leave);
      },
    });
    const requestsMax = limits.peerSyncsInFlightMax;
    super(components, {
      name: 'sync',
      protocol: SYNC_PROTOCOL,
      limits: { ...limits, peerRequestsInFlightMax: requestsMax, strangerRequestsInFlightMax: requestsMax },
      clock,
      // A request for an archive is small, whoever sends it.
      isStranger: (_peer: PeerId) => true,
      operations: new Map<string, OperationSpec>([
        ['archive', inTurn(call => archive(init, call))],
        ['digest', inTurn(call => digest(init, call))],
        ['head', { handle: call => head(init, call) }],
      ]),
    });
    const { contentRouting: routing, connectionManager } = components;
    if (init.announce !== true || routing === undefined) return;
    const isConnected = (): boolean => connectionManager === undefined || connectionManager.getConnections().length > 0;
    this.#announcer = new Announcer(init, { routing, isConnected });
  }

  /** Content routing works only when the whole node is up. */
  async afterStart(): Promise<void> {
    await this.#announcer?.start();
  }

  async beforeStop(): Promise<void> {
    await this.#announcer?.stop();
  }
}

async function archive({ storage, authorize, compress = true, limits }: ServerInit, call: Call): Promise<unknown> {
  const request = decodeArchiveRequest(call.body, storage.limits);
  const grant = await requireGrant(authorize, call, 'sync', [request.blockId]);
  const { blockId, rev, above } = request;
  const bytesMax = Math.min(limits.servedArchiveBytesMax, storage.limits.archiveBytesMax / 2);
  const history = await openHistory(storage, blockId, rev, { above, bytesMax });
  if (history === undefined) return null;
  const pending = request.pendings && grant === 'all' ? await pendingsOf(storage, blockId) : undefined;
  await call.emit(encodeArchiveHead({ end: history.end, pending }));
  return emitChunks(history, request.deflate && compress, limits.chunkBytesMax, call);
}

/** Sends the revisions in chunks of about `chunkBytesMax`, and waits with each until there is room for it. */
async function emitChunks(history: History, deflates: boolean, chunkBytesMax: number, call: Call): Promise<unknown> {
  let items: HistoryRevision[] = [];
  let bytes = 0;
  let floor = 0;
  const flush = async (): Promise<void> => {
    if (items.length === 0) return;
    const chunk = encodeArchiveItems(items);
    items = [];
    bytes = 0;
    await call.emit(deflates ? { deflated: await deflate(chunk) } : { items: chunk });
  };
  for await (const page of history.pages()) {
    call.signal.throwIfAborted();
    for (const revision of page) {
      if (bytes + revision.bytes > chunkBytesMax) await flush();
      items.push(revision);
      bytes += revision.bytes;
      floor = revision.rev;
    }
  }
  await flush();
  return { floor };
}

async function pendingsOf(storage: IRawStorage, blockId: BlockId): Promise<Record<TrxId, TrxTransforms>> {
  const pendings = Object.create(null) as Record<TrxId, TrxTransforms>;
  let count = 0;
  for await (const { trxId, pending } of storage.listPendingTransactions(blockId)) {
    const transforms = transformsFromBlocks([[blockId, pending.transform]]);
    pendings[trxId] = pending.rev === undefined ? { trxId, transforms } : { trxId, rev: pending.rev, transforms };
    if (++count === storage.limits.listedPendingsMax) break;
  }
  return pendings;
}

async function digest({ storage, authorize, limits }: ServerInit, call: Call): Promise<unknown> {
  const { blockId, rev } = decodeArchiveRequest(call.body, storage.limits);
  const floor = requireRevision(call.body.floor, 'floor');
  await requireGrant(authorize, call, 'sync', [blockId]);
  // A little more than an archive has: one that somebody else cut must be covered.
  const bytesMax = 2 * limits.servedArchiveBytesMax;
  const history = await openHistory(storage, blockId, rev, { above: floor - 1, bytesMax });
  return encodeDigestAnswer(history === undefined ? undefined : await digestOf(blockId, history));
}

async function digestOf(blockId: BlockId, history: History): Promise<DigestAnswer | undefined> {
  const revisions: HistoryRevision[] = [];
  for await (const page of history.pages()) revisions.push(...page);
  revisions.reverse();
  const [floor] = revisions;
  const top = revisions.at(-1);
  if (floor === undefined || top === undefined) return undefined;
  return {
    floor: floor.rev,
    floorBase: floor.base,
    top: top.rev,
    end: history.end,
    digest: archiveDigest(blockId, floorContent(floor), revisions),
  };
}

async function head({ storage, authorize }: ServerInit, call: Call): Promise<unknown> {
  const blockId = requireId(call.body.blockId, 'blockId', storage.limits);
  await requireGrant(authorize, call, 'sync', [blockId]);
  return encodeHeadAnswer((await storage.getMetadata(blockId))?.latest);
}
