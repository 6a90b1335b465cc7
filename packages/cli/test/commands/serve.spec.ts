import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RepoClient } from '@blockstrata/db-p2p';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCommand, type Ended } from '../support/command-process.js';

type Facts = { peer: string; addresses: string[]; metrics?: string };
type Running = { facts: Facts; stop(signal: NodeJS.Signals): Promise<Ended>; lines: AsyncIterator<string> };

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'];
const TIMEOUT = { timeout: 60_000 };

let directory: string;
const stops: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blockstrata-serve-'));
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(directory, { recursive: true, force: true });
});

/** Starts a command that runs until it is stopped, and waits for its first line. */
async function start(...argv: string[]): Promise<Running> {
  const { child, ended } = startCommand(argv);
  stops.push(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), once(child, 'close').then(() => ({ value: undefined }))]);
  if (typeof first.value !== 'string') throw new TypeError((await ended).stderr);
  return {
    facts: JSON.parse(first.value) as Facts,
    lines,
    async stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

async function client(
  address: string,
  privateKey = generateKeyPair('Ed25519'),
): Promise<{ remote: RepoClient; peer: string }> {
  const libp2p = await createLibp2p({
    privateKey: await privateKey,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  const remote = new RepoClient({ libp2p, peer: multiaddr(address), deadlineMs: 10_000 });
  stops.push(async () => {
    await remote.close();
    await libp2p.stop();
  });
  return { remote, peer: libp2p.peerId.toString() };
}

const insert = (id: string) => ({ inserts: { [id]: { header: { id, type: 'note', collectionId: id }, text: id } } });

describe('blockstrata serve', () => {
  it('lets writers write and everybody read, listens for WebSockets too, and stops cleanly', TIMEOUT, async () => {
    const key = await generateKeyPair('Ed25519');
    const { peer } = await client('/ip4/127.0.0.1/tcp/1', Promise.resolve(key));
    const store = join(directory, 'store');
    const serving = await start('serve', '--json', '--store', store, ...LISTEN, '--allow', peer, '--metrics', '0');
    const [overTcp = '', overWs = ''] = serving.facts.addresses;
    const writer = await client(overTcp, Promise.resolve(key));
    expect(await writer.remote.pend({ trxId: 't1', rev: 1, policy: 'f', transforms: insert('a') })).toMatchObject({
      success: true,
    });
    expect(await writer.remote.commit({ trxId: 't1', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
    expect(overWs).toMatch(/\/ws\//);
    const stranger = await client(overTcp);
    expect((await stranger.remote.get({ blockIds: ['a'] })).a?.block?.text).toBe('a');
    await expect(
      stranger.remote.pend({ trxId: 't2', rev: 2, policy: 'f', transforms: insert('b') }),
    ).rejects.toMatchObject({ code: 'unauthorized' });
    const page = await (await fetch(serving.facts.metrics ?? '')).text();
    expect(page).toContain('blockstrata_repo_calls_total{outcome="commit_ok"} 1');
    expect(page).toMatch(/blockstrata_store_writes_total [1-9]/);
    expect(await serving.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
    expect((await stat(`${store}.key`)).mode & 0o777).toBe(0o600);

    const again = await start('serve', '--json', '--store', store, ...LISTEN);
    expect(again.facts.peer).toBe(serving.facts.peer);
    const reader = await client(again.facts.addresses[0] ?? '');
    expect((await reader.remote.get({ blockIds: ['a'] })).a?.rev).toBe(1);
    expect(await again.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('an address or a peer that is none', () => {
  it.each([
    ['serve', '--listen', 'nonsense'],
    ['serve', '--peer', 'nonsense'],
    ['serve', '--peer', '/ip4/127.0.0.1/tcp/1', '/ip4/300.0.0.1/tcp/1'],
    ['serve', '--allow', '12D3KooWbad'],
    ['serve', '--allow-mirror', 'me'],
    ['mirror', 'nonsense'],
  ])('ends %s %s %s with one line, and makes no store', TIMEOUT, async (...argv) => {
    const store = join(directory, 'store');
    const { ended } = startCommand([...argv, '--store', store]);
    const { code, stderr, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^blockstrata: .*${JSON.stringify(argv.at(-1))}.*\\n$`));
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a quorum that the peers can never meet', () => {
  const peer = '/ip4/127.0.0.1/tcp/1';

  it.each([
    [2, ['--peer', peer]],
    [2, ['--peer', peer, peer]],
    [3, ['--quorum', '3', '--peer', peer, '/ip4/127.0.0.1/tcp/2']],
  ])('ends serve with one line, and makes no store', TIMEOUT, async (quorum, options) => {
    const { ended } = startCommand(['serve', '--store', join(directory, 'store'), ...options]);
    const { code, stderr, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^blockstrata: --quorum ${quorum} can never be met.*\\n$`));
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a port that is taken', () => {
  it.each(['--listen', '--metrics'])('ends serve %s with one line and no stack', TIMEOUT, async option => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    stops.push(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const given =
      option === '--listen' ? ['--listen', `/ip4/127.0.0.1/tcp/${port}`] : [...LISTEN, '--metrics', `${port}`];
    const { ended } = startCommand(['serve', '--store', join(directory, 'store'), ...given]);
    const { code, stderr, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^blockstrata: .*EADDRINUSE.*${port}\\n$`));
  });
});

describe('blockstrata serve --dht', () => {
  it('restores a block of which it knows only the id', TIMEOUT, async () => {
    const key = await generateKeyPair('Ed25519');
    const { peer } = await client('/ip4/127.0.0.1/tcp/1', Promise.resolve(key));
    const serve = (name: string, ...more: string[]): Promise<Running> => {
      const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--quorum', '1', '--dht', '--allow', peer];
      return start('serve', '--json', '--store', join(directory, name), ...listen, ...more);
    };
    const middle = await serve('middle');
    const through = ['--peer', middle.facts.addresses[0] ?? ''];
    const [holder, asked] = await Promise.all([serve('holder', ...through), serve('asked', ...through)]);
    const { remote } = await client(holder.facts.addresses[0] ?? '', Promise.resolve(key));
    await remote.pend({ trxId: 't', rev: 1, policy: 'f', transforms: insert('a') });
    await remote.commit({ trxId: 't', blockIds: ['a'], rev: 1 });
    const reader = await client(asked.facts.addresses[0] ?? '', Promise.resolve(key));
    const read = async () => (await reader.remote.get({ blockIds: ['a'] })).a?.block?.text;
    await expect.poll(read, { timeout: 40_000, interval: 500 }).toBe('a');
    for (const running of [middle, holder, asked]) {
      expect(await running.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('blockstrata mirror', () => {
  it('keeps a copy that can be read where it is, and goes on from where it was', TIMEOUT, async () => {
    const key = await generateKeyPair('Ed25519');
    const { peer } = await client('/ip4/127.0.0.1/tcp/1', Promise.resolve(key));
    const copy = join(directory, 'copy');
    // The key of the mirror must be known before it can be allowed.
    const first = await start('mirror', '/ip4/127.0.0.1/tcp/1', '--json', '--store', copy, '--backend', 'file');
    await first.stop('SIGINT');
    const store = join(directory, 'store');
    const serving = await start(
      'serve',
      '--json',
      '--store',
      store,
      ...LISTEN,
      '--allow',
      peer,
      '--allow-mirror',
      first.facts.peer,
    );
    const [address = ''] = serving.facts.addresses;
    const { remote } = await client(address, Promise.resolve(key));
    for (const [rev, id] of [
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      await remote.pend({ trxId: id, rev, policy: 'f', transforms: insert(id) });
      await remote.commit({ trxId: id, blockIds: [id], rev });
      const { child, ended } = startCommand(['mirror', address, '--json', '--store', copy]);
      stops.push(() => child.kill('SIGKILL'));
      for await (const line of createInterface({ input: child.stderr })) {
        if ((JSON.parse(line) as { type: string; seq: number }).seq === rev) break;
      }
      child.kill('SIGINT');
      expect((await ended).code).toBe(0);
    }
    expect((await serving.stop('SIGTERM')).code).toBe(0);
    const verified = startCommand(['verify', '--json', '--store', copy]);
    expect(JSON.parse((await verified.ended).stdout)).toMatchObject({ blocks: 2, revisions: 2, violationsTotal: 0 });
  });

  it('follows a node over a WebSocket', TIMEOUT, async () => {
    const key = await generateKeyPair('Ed25519');
    const { peer } = await client('/ip4/127.0.0.1/tcp/1', Promise.resolve(key));
    const copy = join(directory, 'copy');
    const first = await start('mirror', '/ip4/127.0.0.1/tcp/1', '--json', '--store', copy);
    await first.stop('SIGINT');
    const allowed = ['--allow', peer, '--allow-mirror', first.facts.peer];
    const serving = await start('serve', '--json', '--store', join(directory, 'store'), ...LISTEN, ...allowed);
    const [overTcp = '', overWs = ''] = serving.facts.addresses;
    const { remote } = await client(overTcp, Promise.resolve(key));
    await remote.pend({ trxId: 't', rev: 1, policy: 'f', transforms: insert('a') });
    await remote.commit({ trxId: 't', blockIds: ['a'], rev: 1 });
    const { child, ended } = startCommand(['mirror', overWs, '--json', '--store', copy]);
    stops.push(() => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stderr })) {
      expect(JSON.parse(line)).toMatchObject({ type: 'copied', seq: 1 });
      break;
    }
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    const shown = startCommand(['show', '--store', copy, 'a']);
    expect((await shown.ended).stdout).toContain('a');
  });

  it('says how it can be allowed', TIMEOUT, async () => {
    const serving = await start('serve', '--json', '--store', join(directory, 'store'), ...LISTEN);
    const { ended } = startCommand([
      'mirror',
      serving.facts.addresses[0] ?? '',
      '--json',
      '--store',
      join(directory, 'copy'),
    ]);
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('--allow-mirror 12D3') as string });
    await serving.stop('SIGTERM');
  });
});
