/** What `promise` comes to, or a rejection with its reason as soon as one of `signals` aborts. */
export async function untilAborted<T>(promise: Promise<T>, signals: readonly AbortSignal[]): Promise<T> {
  for (const signal of signals) signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<void>(resolve => (abort = resolve));
  for (const signal of signals) signal.addEventListener('abort', abort);
  try {
    await Promise.race([promise, aborted]);
    for (const signal of signals) signal.throwIfAborted();
    return await promise;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}
