import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Nothing but the page's own files, and no `eval`. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'";

/** The files of the demo, by their path. */
export type Site = ReadonlyMap<string, { readonly type: string; readonly content: Uint8Array }>;

/** Builds the demo: three static files, for any web server. */
export async function buildSite(): Promise<Site> {
  const root = import.meta.dirname;
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/main.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@blockstrata/source'],
  });
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', content: await readFile(join(root, 'index.html')) }],
    ['/style.css', { type: 'text/css; charset=utf-8', content: await readFile(join(root, 'style.css')) }],
    ['/main.js', { type: 'text/javascript; charset=utf-8', content: outputFiles[0]!.contents }],
  ]);
}

/** Serves a site on this machine; port 0 takes any that is free. */
export async function serveSite(site: Site, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const file = site.get(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (file === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, { 'content-type': file.type, 'content-security-policy': POLICY }).end(file.content);
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://localhost:${taken}/`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close(error => (error === undefined ? resolve() : reject(error))));
}
