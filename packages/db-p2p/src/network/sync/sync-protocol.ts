/** The protocol on which archives of blocks are served. Its version is raised when what is below can no longer be understood. */
export const SYNC_PROTOCOL = '/blockstrata/sync/1.0.0';

/** The compression of chunks: raw DEFLATE (RFC 1951). Used only where both sides name it. */
export const DEFLATE = 'deflate-raw';
