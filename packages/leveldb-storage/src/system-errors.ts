/** Whether a system call failed with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** For what can be done without: that the system failed is `undefined`; any other failure is passed on. */
export function unlessSystemFailed(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
}

/** For a file that may be gone: that it is, is `undefined`; any other failure is passed on. */
export function unlessGone(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
