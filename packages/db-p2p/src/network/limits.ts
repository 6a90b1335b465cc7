const KiB = 1024;
const MiB = 1024 * KiB;

/** Every bound of the network face, in one place (INV-12). Units are in the names. */
export type NetworkLimits = {
  /** Bytes of one message of a peer that may write, or that was asked for something. */
  readonly messageBytesMax: number;
  /** Arrays and maps nested in one message; content and the envelope around it. */
  readonly messageDepthMax: number;
  /** Values in one message, keys included. */
  readonly messageElementsMax: number;
  /** Bytes of one message of a stranger. */
  readonly strangerMessageBytesMax: number;
  /** Values in one message of a stranger. */
  readonly strangerMessageElementsMax: number;
  /** Blocks that a stranger may ask for at once. */
  readonly strangerGetBlocksMax: number;
  /** Requests of one stranger that are under way at once; more wait unread. */
  readonly strangerRequestsInFlightMax: number;
  /** Requests of one peer that are under way at once; more wait unread. */
  readonly peerRequestsInFlightMax: number;
  /** Streams of one protocol that one peer may have open. */
  readonly peerStreamsMax: number;
  /** Change feeds that one peer may have open. */
  readonly peerFeedsMax: number;
  /** Bytes that one peer may have under way: messages half received, and requests being answered. */
  readonly peerBytesInFlightMax: number;
  /** Bytes that all peers together may have under way. */
  readonly serviceBytesInFlightMax: number;
  /** Entries of a change feed that may be on their way before the reader grants more. */
  readonly feedCreditMax: number;
  /** Time between signs of life on a quiet feed. */
  readonly feedBeatMs: number;
  /** Time that a request gets where its caller says nothing. */
  readonly requestDeadlineMs: number;
  /** Time that a request gets at most. */
  readonly requestDeadlineMsMax: number;
  /** Time from the first byte of a message to its last. */
  readonly messageMsMax: number;
  /** Time that a reader may leave what was sent to it unread. */
  readonly writeMsMax: number;
  /** Bytes that wait to be sent before a writer is told to wait. */
  readonly writeQueueBytesMax: number;
  /** Bytes of one chunk of an archive; a single revision that is larger travels alone. */
  readonly chunkBytesMax: number;
  /** Encoded bytes of the transforms of one archive that is served, about. */
  readonly servedArchiveBytesMax: number;
  /** Bytes of one archive that is fetched. */
  readonly fetchedArchiveBytesMax: number;
  /** Archives of one peer that are being served at once. */
  readonly peerSyncsInFlightMax: number;
  /** Archives that are being served at once, to all peers. */
  readonly syncsInFlightMax: number;
  /** Announcements in a minute. */
  readonly announcesPerMinuteMax: number;
  /** Holders that one restoration considers. */
  readonly holdersMax: number;
  /** Holders that one restoration asks at the same time. */
  readonly holdersAskedMax: number;
  /** Time after which a slow holder gets a rival. */
  readonly hedgeMs: number;
  /** Time that one restoration gets. */
  readonly restoreMs: number;
  /** Peers whose conduct is remembered. */
  readonly scoredPeersMax: number;
  /** Time that a peer is left alone after a check failed. */
  readonly banMs: number;
};

/** The bounds that hold unless a service overrides them. */
export const DEFAULT_NETWORK_LIMITS: NetworkLimits = Object.freeze({
  messageBytesMax: 68 * MiB,
  messageDepthMax: 80,
  messageElementsMax: 4_500_000,
  strangerMessageBytesMax: 256 * KiB,
  strangerMessageElementsMax: 20_000,
  strangerGetBlocksMax: 64,
  strangerRequestsInFlightMax: 16,
  peerRequestsInFlightMax: 256,
  peerStreamsMax: 8,
  peerFeedsMax: 4,
  peerBytesInFlightMax: 96 * MiB,
  serviceBytesInFlightMax: 256 * MiB,
  feedCreditMax: 1_024,
  feedBeatMs: 15_000,
  requestDeadlineMs: 30_000,
  requestDeadlineMsMax: 600_000,
  messageMsMax: 30_000,
  writeMsMax: 30_000,
  writeQueueBytesMax: MiB,
  chunkBytesMax: 256 * KiB,
  servedArchiveBytesMax: 8 * MiB,
  fetchedArchiveBytesMax: 96 * MiB,
  peerSyncsInFlightMax: 4,
  syncsInFlightMax: 16,
  announcesPerMinuteMax: 60,
  holdersMax: 16,
  holdersAskedMax: 4,
  hedgeMs: 1_000,
  restoreMs: 30_000,
  scoredPeersMax: 1_000,
  banMs: 600_000,
});

/**
 * The default bounds with some of them replaced.
 *
 * @throws TypeError if a bound is no positive integer, or two of them contradict each other.
 */
export function resolveNetworkLimits(overrides: Partial<NetworkLimits> = {}): NetworkLimits {
  const limits: NetworkLimits = Object.freeze({ ...DEFAULT_NETWORK_LIMITS, ...overrides });
  for (const [name, value] of Object.entries(limits)) {
    if (!(name in DEFAULT_NETWORK_LIMITS)) throw new TypeError(`limits.${name} is no limit`);
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`limits.${name} must be a positive integer`);
  }
  mustNotExceed(limits, 'strangerMessageBytesMax', 'messageBytesMax');
  mustNotExceed(limits, 'strangerMessageElementsMax', 'messageElementsMax');
  mustNotExceed(limits, 'messageBytesMax', 'peerBytesInFlightMax');
  mustNotExceed(limits, 'peerBytesInFlightMax', 'serviceBytesInFlightMax');
  mustNotExceed(limits, 'strangerRequestsInFlightMax', 'peerRequestsInFlightMax');
  mustNotExceed(limits, 'requestDeadlineMs', 'requestDeadlineMsMax');
  mustNotExceed(limits, 'chunkBytesMax', 'messageBytesMax');
  mustNotExceed(limits, 'servedArchiveBytesMax', 'fetchedArchiveBytesMax');
  mustNotExceed(limits, 'peerSyncsInFlightMax', 'syncsInFlightMax');
  mustNotExceed(limits, 'holdersAskedMax', 'holdersMax');
  return limits;
}

function mustNotExceed(limits: NetworkLimits, smaller: keyof NetworkLimits, larger: keyof NetworkLimits): void {
  if (limits[smaller] > limits[larger]) {
    throw new TypeError(`limits.${smaller} (${limits[smaller]}) must not exceed limits.${larger} (${limits[larger]})`);
  }
}
