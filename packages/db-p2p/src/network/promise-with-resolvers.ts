/**
 * libp2p 3 calls `Promise.withResolvers`, which Node 20 does not have. It is added where it is missing, and only there,
 * so this module has to be loaded before libp2p starts.
 */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve'];
  let reject!: PromiseWithResolvers<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

(Promise as { withResolvers?: typeof withResolvers }).withResolvers ??= withResolvers;

export {};
