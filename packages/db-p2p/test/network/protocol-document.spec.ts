import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type BlockOperation } from '@blockstrata/db-core';
import { blockCid, DEFAULT_NETWORK_LIMITS } from '../../src/index.js';
import { archiveDigest } from '../../src/network/sync/archive-digest.js';
import { decodeArchiveItems } from '../../src/network/sync/archive-items.js';
import { decodeArchiveHead, decodeArchiveRequest } from '../../src/network/sync/sync-messages.js';
import { decodeGetResults, decodeLogEntry, decodePendResult } from '../../src/network/repo/repo-answers.js';
import { decodeCommit, decodeGets, decodePend } from '../../src/network/repo/repo-requests.js';
import { answerFrom, requestFrom } from '../../src/network/rpc/envelope.js';
import { fromWireError, toWireError } from '../../src/network/rpc/error-codes.js';
import { decodeCbor } from '../../src/network/wire/decode-cbor.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';
import { frameHead, FrameReader } from '../../src/network/wire/frame-reader.js';

const text = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');

/** The examples: a value in JSON, and the bytes that the document says it has. */
function examplesOf(kind: string): { json: string; value: unknown; hex: string }[] {
  const blocks = text.matchAll(new RegExp(`\`\`\`${kind}\\n(.*)\\n([0-9a-f\\n]*)\\n\`\`\``, 'g'));
  return [...blocks].map(([, json = '', hex = '']) => ({
    json,
    value: JSON.parse(json, revived) as unknown,
    hex: hex.replaceAll('\n', ''),
  }));
}

function revived(_key: string, value: unknown): unknown {
  const bytes = (value as { '/'?: { bytes: string } } | null)?.['/']?.bytes;
  return bytes === undefined ? value : new Uint8Array(Buffer.from(bytes, 'base64'));
}

function framed(message: Uint8Array): string {
  return Buffer.concat([frameHead(message.length), message]).toString('hex');
}

/** Reads a body or a result with the decoder of its operation. */
const DECODERS: Record<string, (body: Record<string, unknown>) => unknown> = {
  get: body => decodeGets(body, DEFAULT_LIMITS),
  pend: body => decodePend(body, DEFAULT_LIMITS),
  commit: body => decodeCommit(body, DEFAULT_LIMITS),
  feed: body => body,
  archive: body => decodeArchiveRequest(body, DEFAULT_LIMITS),
  digest: body => decodeArchiveRequest(body, DEFAULT_LIMITS),
  head: body => body,
};

describe('docs/protocol.md', () => {
  const examples = examplesOf('wire');

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(15);
  });

  it.each(examples)('$json has the bytes that it says', ({ value, hex }) => {
    expect(framed(encodeCbor(value))).toBe(hex);
    const reader = new FrameReader(DEFAULT_NETWORK_LIMITS.messageBytesMax);
    reader.push(Buffer.from(hex, 'hex'));
    const message = reader.next() as Uint8Array;
    expect(encodeCbor(decodeCbor(message, DEFAULT_NETWORK_LIMITS))).toEqual(encodeCbor(value));
    const isRequest = 'op' in (value as object);
    if (!isRequest) return void answerFrom(value);
    const request = requestFrom(value);
    if (request.kind === 'call') expect(DECODERS[request.op]?.(request.body)).toBeDefined();
  });

  it('has answers that the decoders take', () => {
    const results = examples.map(
      ({ value }) => value as { ok?: unknown; part?: { seq?: number; items?: Uint8Array; end?: number } },
    );
    const [got] = results.flatMap(({ ok }) => (Array.isArray(ok) ? [ok] : []));
    expect(decodeGetResults(got, ['note'], DEFAULT_LIMITS).note).toMatchObject({ rev: 3, block: { text: 'hello' } });
    const stale = results.find(({ ok }) => (ok as { failure?: object } | null)?.failure !== undefined);
    expect(decodePendResult(stale?.ok, DEFAULT_LIMITS)).toMatchObject({
      code: 'stale',
      staleAt: { blockId: 'note', rev: 9 },
    });
    const entry = results.find(({ part }) => part?.seq !== undefined)?.part;
    expect(decodeLogEntry(entry, DEFAULT_LIMITS)).toMatchObject({ seq: 42, trxId: 't2' });
    const head = results.find(({ part }) => part?.end !== undefined)?.part;
    expect(decodeArchiveHead(head, DEFAULT_LIMITS)).toEqual({ end: 9, pending: undefined });
    const [{ value, hex } = { value: undefined, hex: '' }] = examplesOf('items');
    expect(Buffer.from(encodeCbor(value)).toString('hex')).toBe(hex);
    const items = results.find(({ part }) => part?.items !== undefined)?.part?.items ?? new Uint8Array();
    expect(Buffer.from(items).toString('hex')).toBe(hex);
    const decoded = [...decodeArchiveItems(items, 'note', DEFAULT_LIMITS, DEFAULT_NETWORK_LIMITS)];
    expect(decoded.map(({ rev }) => rev)).toEqual([7, 3]);
  });

  it('says what a digest is of', () => {
    const [{ value, hex } = { value: undefined, hex: '' }] = examplesOf('cbor');
    expect(Buffer.from(encodeCbor(value)).toString('hex')).toBe(hex);
    const header = { id: 'note', type: 'note', collectionId: 'note' };
    const insert = { header, text: 'hello' };
    const operation: BlockOperation = ['text', 0, 0, 'bye'];
    const digest = archiveDigest('note', insert, [
      { rev: 3, base: 0, trxId: 't1', transform: { insert } },
      { rev: 7, base: 3, trxId: 't2', transform: { updates: [operation] } },
    ]);
    expect(Buffer.from(digest).toString('hex')).toBe(createHash('sha256').update(hex, 'hex').digest('hex'));
  });

  it('says which CID a block has', () => {
    expect(text).toContain(`\`${blockCid('note').toString()}\``);
  });

  it('has every error code, and each becomes the same error again', () => {
    const table = text.slice(text.indexOf('### Errors'), text.indexOf('## The repository'));
    const rows = table.split('\n').filter(line => line.startsWith('| `'));
    const codes = rows.flatMap(line =>
      [...(line.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code as string),
    );
    expect(codes.length).toBeGreaterThan(14);
    for (const code of codes) expect(toWireError(fromWireError({ code }, 'peer')).code).toBe(code);
    expect(fromWireError({ code: 'of a later version' }, 'peer').code).toBe('remote-failed');
  });
});
