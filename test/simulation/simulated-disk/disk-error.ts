/** A failed system call, as Node reports it. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new DiskFailure(`${code}: ${path}`), { code });
}

class DiskFailure extends Error {
  override readonly name = 'DiskFailure';
}
