/** What `promise` comes to, or a rejection as soon as one of `signals` aborts. */
export async function untilAborted<T>(promise: Promise<T>, signals: readonly AbortSignal[]): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => {
      try {
        for (const signal of signals) signal.throwIfAborted();
      } catch (reason) {
        // The reason of an abort is whatever the caller chose, and is handed back as it is.
        reject(reason as Error);
      }
    };
    for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
    stop = () => signals.forEach(signal => signal.removeEventListener('abort', abort));
    abort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}
