import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, register } from 'prom-client';
import type { Metrics } from '@blockstrata/db-core';

/** A page with everything that is measured, in the Prometheus format. */
export type MetricsServer = { readonly url: string; close(): Promise<void> };

/** Serves `/metrics` on this machine only. @throws the error of `listen`, as for a port that is taken. */
export async function startMetricsServer(port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    register.metrics().then(
      text => response.writeHead(200, { 'content-type': register.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/metrics`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The measurements of a store, on the same page. */
export const storeMetrics: Metrics = {
  registerMetric(name, options) {
    const gauge = new Gauge({ name, help: options?.help ?? name });
    return { update: value => gauge.set(value) };
  },
  registerCounter(name, options) {
    const counter = new Counter({ name, help: options?.help ?? name });
    return { increment: value => counter.inc(value) };
  },
};
