/**
 * Resolves when the transaction is complete; rejects with what made it abort. Where the quota is met no request fails,
 * and where the connection is gone there may be no `abort`, only a request that fails with an AbortError.
 */
export function completion(trx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    trx.oncomplete = () => resolve();
    trx.onabort = () => reject(abortReason(trx));
    trx.onerror = event => {
      const { error } = event.target as IDBRequest;
      if (error?.name === 'AbortError' && trx.error === null) reject(error);
    };
  });
}

function abortReason(trx: IDBTransaction): Error {
  return trx.error ?? new DOMException('the transaction was aborted', 'AbortError');
}
