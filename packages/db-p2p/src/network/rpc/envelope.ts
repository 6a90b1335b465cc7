import { InvalidRequestError, REVISION_MAX, requireObject } from '@blockstrata/db-core';

/** What a caller sends: a call, more credit for the parts of one, or the wish to end one. */
export type Request =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly op: string;
      readonly body: Record<string, unknown>;
      /** Time for the answer, counted from the arrival of the request. */
      readonly deadlineMs: number | undefined;
      /** Parts that the caller is ready to receive. */
      readonly credit: number;
    }
  | { readonly kind: 'more'; readonly id: number; readonly credit: number }
  | { readonly kind: 'abort'; readonly id: number };

/** What a service answers: any number of parts, then a value or an error. */
export type Answer =
  | { readonly kind: 'part'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'ok'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: Record<string, unknown> };

/** The map that a request travels as. */
export function requestEnvelope(request: Request): Record<string, unknown> {
  switch (request.kind) {
    case 'call': {
      const { id, op, body, deadlineMs, credit } = request;
      return { id, op, body, deadlineMs, credit: credit === 0 ? undefined : credit };
    }
    case 'more':
      return { id: request.id, op: 'more', credit: request.credit };
    case 'abort':
      return { id: request.id, op: 'abort' };
  }
}

/** The request in a decoded message. @throws InvalidRequestError */
export function requestFrom(message: unknown): Request {
  const { id: rawId, op, body, deadlineMs, credit } = requireObject(message, 'message');
  const id = requireCount(rawId, 'message.id', 1);
  if (typeof op !== 'string') throw new InvalidRequestError('message.op', 'must be a string');
  if (op === 'abort') return { kind: 'abort', id };
  if (op === 'more') return { kind: 'more', id, credit: requireCount(credit, 'message.credit', 1) };
  return {
    kind: 'call',
    id,
    op,
    body: requireObject(body, 'message.body'),
    deadlineMs: deadlineMs === undefined ? undefined : requireCount(deadlineMs, 'message.deadlineMs', 0),
    credit: credit === undefined ? 0 : requireCount(credit, 'message.credit', 1),
  };
}

/** The map that an answer travels as. */
export function answerEnvelope(answer: Answer): Record<string, unknown> {
  switch (answer.kind) {
    case 'part':
      return { id: answer.id, part: answer.value };
    case 'ok':
      return { id: answer.id, ok: answer.value };
    case 'error':
      return { id: answer.id, error: answer.error };
  }
}

/** The answer in a decoded message. @throws InvalidRequestError */
export function answerFrom(message: unknown): Answer {
  const { id: rawId, part, ok, error } = requireObject(message, 'message');
  const id = requireCount(rawId, 'message.id', 0);
  if (part !== undefined) return { kind: 'part', id, value: part };
  if (ok !== undefined) return { kind: 'ok', id, value: ok };
  return { kind: 'error', id, error: requireObject(error, 'message.error') };
}

/** An integer of `min` or more. @throws InvalidRequestError */
export function requireCount(value: unknown, path: string, min: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw new InvalidRequestError(path, `must be an integer from ${min} to ${REVISION_MAX}`);
  }
  return value;
}
