/** Whether a value holds byte arrays: the one kind of content that cannot be frozen. */
export function containsBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.some(containsBytes);
  for (const key in value) if (containsBytes((value as Record<string, unknown>)[key])) return true;
  return false;
}

/** How a value may be shared: not while its owner can still change it; with byte arrays only as copies. */
export type Sharing = 'open' | 'frozen' | 'frozen-with-bytes';

/** Looks a value through in all its depth. */
export function sharingOf(value: unknown): Sharing {
  if (typeof value !== 'object' || value === null) return 'frozen';
  if (value instanceof Uint8Array) return 'frozen-with-bytes';
  if (!Object.isFrozen(value)) return 'open';
  let sharing: Sharing = 'frozen';
  if (Array.isArray(value)) {
    for (const child of value as unknown[]) {
      if (typeof child !== 'object' || child === null) continue;
      const inner = sharingOf(child);
      if (inner === 'open') return inner;
      if (inner !== 'frozen') sharing = inner;
    }
    return sharing;
  }
  for (const key in value) {
    const inner = sharingOf((value as Record<string, unknown>)[key]);
    if (inner === 'open') return inner;
    if (inner !== 'frozen') sharing = inner;
  }
  return sharing;
}

/**
 * Freezes a freshly decoded value in all its depth; byte arrays become plain `Uint8Array`s that share nothing with what
 * they were decoded from.
 */
export function freezeDecoded<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value) as T & Uint8Array;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const child: unknown = value[i];
      if (typeof child === 'object' && child !== null) value[i] = freezeDecoded(child);
    }
  } else {
    const record = value as Record<string, unknown>;
    for (const key in record) {
      const child = record[key];
      if (typeof child === 'object' && child !== null) record[key] = freezeDecoded(child);
    }
  }
  return Object.freeze(value);
}

/** A frozen value whose byte arrays are copies; what holds none of them is shared. */
export function withOwnBytes<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value) as T & Uint8Array;
  if (!containsBytes(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(withOwnBytes)) as T;
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withOwnBytes(child as unknown)])),
  ) as T;
}
