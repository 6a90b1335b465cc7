import { crc32 } from 'node:zlib';
import type { ProcessIdentity } from '../process/process-facts.js';

/** Who holds a lock: a process, and which of its attempts. */
export type LockHolder = ProcessIdentity & { readonly token: string };

/** The content of a lock file. */
export function encodeHolder(holder: LockHolder): Uint8Array {
  const text = JSON.stringify(holder);
  return Buffer.from(`${JSON.stringify({ ...holder, check: crc32(text) })}\n`);
}

/** Who a lock file names; `undefined` where it is damaged, so that nobody may be taken for gone. */
export function decodeHolder(bytes: Uint8Array): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { check, ...rest } = value as { check?: unknown } & Record<string, unknown>;
  return check === crc32(JSON.stringify(rest)) && isHolder(rest) ? rest : undefined;
}

/** A holder in words, for an error. */
export function describeHolder(holder: LockHolder): string {
  return `process ${holder.pid} on ${holder.host}`;
}

function isHolder(value: Record<string, unknown>): value is LockHolder {
  return typeof value['host'] === 'string' && typeof value['token'] === 'string' && Number.isInteger(value['pid']);
}
