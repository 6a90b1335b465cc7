import { BlockstrataError } from '@blockstrata/db-core';

/**
 * What went wrong between here and a peer: it could not be reached, the stream was lost, it was silent for too long, it
 * sent what the protocol does not allow, or something failed over there that has no code of its own.
 */
export type RemoteFailureReason = 'unreachable' | 'lost' | 'silent' | 'protocol' | 'failed';

/**
 * A peer gave no answer that can be used. The outcome of a write is unknown: repeat it with the same transaction id
 * (INV-8).
 */
export class RemoteFailedError extends BlockstrataError {
  constructor(
    readonly peer: string,
    readonly reason: RemoteFailureReason,
    options?: ErrorOptions,
  ) {
    super('remote-failed', `peer ${peer} gave no usable answer: ${REASONS[reason]}`, options);
  }
}

/** A peer does not let this node do that. */
export class UnauthorizedError extends BlockstrataError {
  constructor(
    readonly peer: string,
    readonly operation: string,
    options?: ErrorOptions,
  ) {
    super('unauthorized', `${operation} is not allowed by ${peer}`, options);
  }
}

const REASONS: Record<RemoteFailureReason, string> = {
  unreachable: 'it could not be reached',
  lost: 'the stream was lost',
  silent: 'it did not answer in time',
  protocol: 'it broke the protocol',
  failed: 'it failed',
};
