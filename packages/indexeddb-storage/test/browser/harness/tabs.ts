import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { bundleForBrowser } from './bundle.js';
import { ChromiumProcess } from './chromium-process.js';
import { servePage, type PageServer } from './page-server.js';

/** What was acknowledged, by writer: counted here, outside, so that it outlives tab and browser. */
export type Acknowledgements = Map<number, number>;

/** A browser, a server of the test page, and the tabs on it. */
export class Tabs {
  readonly #profile = mkdtempSync(join(tmpdir(), 'blockstrata-chromium-'));
  readonly #server: PageServer;
  #chromium: Promise<ChromiumProcess> | undefined;
  readonly acknowledged: Acknowledgements = new Map();
  #heard = 0;
  #listener: (() => void) | undefined;

  private constructor(server: PageServer) {
    this.#server = server;
  }

  static async start(): Promise<Tabs> {
    const entry = join(import.meta.dirname, '../pages/store-page.ts');
    return new Tabs(await servePage(await bundleForBrowser(entry)));
  }

  get url(): string {
    return this.#server.url;
  }

  browser(): Promise<ChromiumProcess> {
    return (this.#chromium ??= ChromiumProcess.start(this.#profile));
  }

  /** A new tab with the test page; the browser is started when there is none. */
  async open(): Promise<Page> {
    const tab = await (await this.browser()).context.newPage();
    await tab.exposeFunction('acknowledged', (writer: number, transaction: number) => this.#hear(writer, transaction));
    await tab.goto(this.url);
    await tab.waitForFunction(() => 'page' in globalThis);
    return tab;
  }

  /** Resolves when that many more transactions were acknowledged; rejects after a deadline. */
  async heard(count: number, timeoutMs = 30_000): Promise<void> {
    const target = this.#heard + count;
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => reject(new TypeError(`fewer than ${count} acknowledgements came`)), timeoutMs);
      this.#listener = () => {
        if (this.#heard < target) return;
        clearTimeout(deadline);
        this.#listener = undefined;
        resolve();
      };
    });
  }

  async killBrowser(): Promise<void> {
    await (await this.#chromium)?.kill();
    this.#chromium = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killBrowser();
    await this.#server.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #hear(writer: number, transaction: number): void {
    this.acknowledged.set(writer, Math.max(transaction, this.acknowledged.get(writer) ?? 0));
    this.#heard++;
    this.#listener?.();
  }
}
