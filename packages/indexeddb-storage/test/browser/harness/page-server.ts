import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of one page and its script, under a Content-Security-Policy without `eval` and without inline scripts. */
export type PageServer = { readonly url: string; close(): Promise<void> };

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'";
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>test page</title><script type="module" src="/page.js"></script>';

/** Serves `script` on a free port of this machine. */
export async function servePage(script: Uint8Array): Promise<PageServer> {
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY }).end(PAGE);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}/`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close(error => (error === undefined ? resolve() : reject(error))));
}
