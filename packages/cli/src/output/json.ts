/** A value as JSON; bytes are `{"/":{"bytes":base64}}`, as in DAG-JSON and in the records of a file store. */
export function toJson(value: unknown): string {
  return JSON.stringify(plain(value), undefined, 2);
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { '/': { bytes: Buffer.from(value).toString('base64').replace(/=+$/, '') } };
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}
