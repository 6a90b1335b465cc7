import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Libp2p } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { build } from 'esbuild';
import { createLibp2p } from 'libp2p';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockStorage, repoService, StorageRepo, syncService } from '@blockstrata/db-p2p';
import { MemoryRawStorage } from '@blockstrata/db-p2p/storage';
import type { BlockOperation } from '@blockstrata/db-core';
import {
  chromiumArguments,
  findChromium,
} from '../../packages/indexeddb-storage/test/browser/harness/find-chromium.js';
import type { PageReport } from './page/page.js';

let node: Libp2p;
let repo: StorageRepo;
let pages: Server;
let browser: Browser;

beforeAll(async () => {
  const storage = new MemoryRawStorage();
  repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  await writeNote(repo, 50);
  const authorize = () => true;
  node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { repo: repoService({ repo, authorize }), sync: syncService({ storage, authorize }) },
  });
  pages = await servePage();
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  pages?.close();
  await node?.stop();
});

describe('a page in Chromium, over WebSocket', () => {
  it('writes to a node, reads from it, follows it, and restores a history from it', { timeout: 60_000 }, async () => {
    const page: Page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', error => problems.push(error.message));
    await page.goto(`http://localhost:${(pages.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.talkTo !== undefined');
    const address = String(node.getMultiaddrs()[0]);
    const report = await page.evaluate<PageReport>(`talkTo(${JSON.stringify(address)})`);
    expect(problems).toEqual([]);
    expect(report.pended).toEqual({ success: true, pending: [], blockIds: ['from-page'] });
    expect(report.committed).toEqual({ success: true });
    expect(report.read).toMatchObject({ rev: 1, block: { text: 'größer', bytes: [0, 255] } });
    expect(report.refused).toBe('invalid-request');
    expect(report.feed).toEqual([49, 50, 51]);
    expect(report).toMatchObject({ restoredRevisions: 50, violations: 0 });
    expect(report.restored).toEqual((await repo.get({ blockIds: ['note'] })).note);
    expect((await repo.get({ blockIds: ['from-page'] }))['from-page']?.block).toMatchObject({
      bytes: new Uint8Array([0, 255]),
    });
  });
});

async function writeNote(to: StorageRepo, revisions: number): Promise<void> {
  for (let n = 1; n <= revisions; n++) {
    const operation: BlockOperation = ['lines', 0, 0, [`line ${n}`]];
    const header = { id: 'note', type: 'note', collectionId: 'note' };
    const transforms = n === 1 ? { inserts: { note: { header, lines: [] } } } : { updates: { note: [operation] } };
    await to.pend({ trxId: `t${n}`, rev: 3 * n, policy: 'f', transforms });
    await to.commit({ trxId: `t${n}`, blockIds: ['note'], rev: 3 * n });
  }
}

/** A page and its script, bundled from the sources. */
async function servePage(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page/page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@blockstrata/source'],
  });
  const server = createServer((request, response) => {
    if (request.url === '/page.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(outputFiles[0]?.contents);
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}
