/** About how many bytes a value takes up when it is encoded; cheap, for budgets. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 9;
  if (value instanceof Uint8Array) return value.length + 3;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const element of value) bytes += approximateBytes(element);
    return bytes;
  }
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) bytes += key.length + 2 + approximateBytes(members[key]);
  return bytes;
}
