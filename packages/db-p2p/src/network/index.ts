import './promise-with-resolvers.js';

export { DEFAULT_NETWORK_LIMITS, resolveNetworkLimits, type NetworkLimits } from './limits.js';
export { RemoteFailedError, UnauthorizedError, type RemoteFailureReason } from './errors.js';
export type { Authorize, Grant, Operation } from './rpc/authorization.js';
export type { Dialer, PeerTarget } from './rpc/rpc-client.js';
export type { ProtocolRegistrar, RpcServiceComponents } from './rpc/rpc-service.js';
export { REPO_PROTOCOL } from './repo/repo-protocol.js';
export { repoService, type RepoService, type RepoServiceInit, type ServedRepo } from './repo/repo-service.js';
export { RepoClient, type RepoClientInit } from './repo/repo-client.js';
