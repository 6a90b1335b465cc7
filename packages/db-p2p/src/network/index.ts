import './promise-with-resolvers.js';

export { DEFAULT_NETWORK_LIMITS, resolveNetworkLimits, type NetworkLimits } from './limits.js';
export { RemoteFailedError, UnauthorizedError, type RemoteFailureReason } from './errors.js';
export type { Authorize, Grant, Operation } from './rpc/authorization.js';
export type { Dialer, PeerTarget } from './rpc/rpc-client.js';
export type { ProtocolRegistrar, RpcServiceComponents } from './rpc/rpc-service.js';
export { REPO_PROTOCOL } from './repo/repo-protocol.js';
export { repoService, type RepoService, type RepoServiceInit, type ServedRepo } from './repo/repo-service.js';
export { RepoClient, type RepoClientInit } from './repo/repo-client.js';
export { blockCid } from './sync/block-cid.js';
export { SYNC_PROTOCOL } from './sync/sync-protocol.js';
export {
  syncService,
  type SyncService,
  type SyncServiceComponents,
  type SyncServiceInit,
} from './sync/sync-service.js';
export type { PeerSource, RestoreNode } from './restore/holders.js';
export type { RestoreProgress } from './restore/progress.js';
export {
  createRestoreCallback,
  DEFAULT_QUORUM,
  type PeerRestoreCallback,
  type RestoreCallbackInit,
} from './restore/restore-callback.js';
export type { LogPosition } from './mirror/log-position.js';
export { mirror, type MirrorOptions, type MirrorPeer, type MirrorProgress } from './mirror/mirror.js';
