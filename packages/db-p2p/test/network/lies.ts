import type { Stream } from '@libp2p/interface';
import type { BlockArchive } from '../../src/storage/index.js';
import { archiveDigest } from '../../src/network/sync/archive-digest.js';
import { deflate } from '../../src/network/sync/deflate.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';
import { encodeTransform } from '../../src/network/wire/transforms.js';
import { knownArchive } from './known-history.js';

/** One question, and the means to answer it. */
export type Liar = {
  readonly id: number;
  readonly op: string;
  readonly blockId: string;
  readonly rev: number | undefined;
  readonly floor: number | undefined;
  readonly tag: string;
  readonly stream: Stream;
  part(value: unknown): void;
  ok(value: unknown): void;
  ready(): Promise<void>;
};

type Lie = (liar: Liar) => Promise<void> | void;
type Item = unknown[];

/** Answers archives with what `lie` makes of the truth, and digests with the digest of that. */
function lyingBy(
  lie: (items: Item[], archive: BlockArchive, liar: Liar) => Item[],
  tag: (liar: Liar) => string = () => '',
): Lie {
  return async liar => {
    const archive = await knownArchive(liar.blockId, liar.rev, tag(liar));
    const items = lie([...archiveItems(archive)], archive, liar);
    if (liar.op === 'digest') return answerDigest(liar, items);
    if (liar.op === 'head') return liar.ok([items[0]?.[2], items[0]?.[0]]);
    liar.part({ end: archive.range[1] });
    liar.part({ items: encodeCbor(items) });
    liar.ok({ floor: archive.range[0] });
  };
}

function answerDigest(liar: Liar, items: Item[]): void {
  const history = items
    .filter(([rev]) => (rev as number) >= (liar.floor ?? 0))
    .map(([rev, base, trxId, transform]) => ({
      rev: rev as number,
      base: base as number,
      trxId: trxId as string,
      transform: transform as object,
    }))
    .reverse();
  const [floor] = history;
  const insert = (floor?.transform as { insert?: never }).insert;
  liar.ok({
    floor: floor?.rev,
    floorBase: floor?.base,
    top: history.at(-1)?.rev,
    digest: archiveDigest(liar.blockId, insert, history),
  });
}

/** Sends bytes as they are, in place of a message. */
function raw(liar: Liar, bytes: Uint8Array): void {
  liar.stream.send(bytes);
}

/** The revisions of an archive as an honest peer sends them, the newest first. */
function archiveItems({ revisions }: BlockArchive): Item[] {
  const descending = Object.entries(revisions).sort(([a], [b]) => Number(b) - Number(a));
  return descending.map(([rev, { trx, base, block }]) => {
    const item = [Number(rev), base ?? null, trx.trxId, encodeTransform(trx.transform)];
    return block === undefined ? item : [...item, block];
  });
}

const BOMB = await deflate(new Uint8Array(64 * 1024 * 1024));

/** Every way to lie that these tests know, by its name. */
export const LIES: Record<string, Lie> = {
  honest: lyingBy(items => items),
  'wrong-block': lyingBy(items =>
    items.map(([rev, base, trxId, transform]) => [rev, base, trxId, renamed(transform as { insert?: object })]),
  ),
  'wrong-revision': async liar => {
    const archive = await knownArchive(liar.blockId, 30);
    liar.part({ end: 33 });
    liar.part({ items: encodeCbor(archiveItems(archive)) });
    liar.ok({ floor: 3 });
  },
  gap: lyingBy(items => items.filter(([rev]) => rev !== 30)),
  overlap: lyingBy((items, _archive, { blockId }) => [
    [150, 57, 'trx-of-its-own', { updates: [['lines', 0, 0, ['its own']]] }, undefined].slice(0, 4),
    ...items.map(item => (item[0] === 3 ? item : [...item, blockId].slice(0, 4))),
  ]),
  'future-revision': lyingBy(items => [
    [9_000, items[0]?.[0], 'trx-future', { updates: [['lines', 0, 0, ['x']]] }],
    ...items,
  ]),
  'duplicate-revision': lyingBy(items => items.flatMap(item => (item[0] === 30 ? [item, item] : [item]))),
  'forged-trx-id': lyingBy(items =>
    items.map(item => (item[0] === 30 ? [item[0], item[1], 'trx-forged', item[3]] : item)),
  ),
  'wrong-place': lyingBy(items => {
    const swapped = items.map(item => [...item]);
    const [a, b] = [swapped.find(([rev]) => rev === 30), swapped.find(([rev]) => rev === 33)];
    if (a !== undefined && b !== undefined) [a[3], b[3]] = [b[3], a[3]];
    return swapped;
  }),
  stale: async liar => {
    const archive = await knownArchive(liar.blockId, Math.min(liar.rev ?? 90, 90));
    const items = [...archiveItems(archive)];
    if (liar.op === 'digest') return answerDigest(liar, items);
    if (liar.op === 'head') return liar.ok([items[0]?.[2], items[0]?.[0]]);
    liar.part({});
    liar.part({ items: encodeCbor(items) });
    liar.ok({ floor: 3 });
  },
  equivocation: lyingBy(
    items => items,
    liar => `-${liar.tag}-${liar.op}`,
  ),
  majority: lyingBy(
    items => items,
    () => '-conspired',
  ),
  truncation: async liar => {
    const archive = await knownArchive(liar.blockId, liar.rev);
    liar.part({ end: archive.range[1] });
    liar.part({ items: encodeCbor(archiveItems(archive).slice(0, 5)) });
    await liar.ready();
    setTimeout(() => void liar.stream.close(), 20);
  },
  'slow-drip': liar => {
    let sent = 0;
    const drip = setInterval(() => {
      if (liar.stream.status !== 'open' || sent++ > 10_000) return clearInterval(drip);
      raw(liar, new Uint8Array([sent === 1 ? 0x7f : 0xa1]));
    }, 50);
  },
  silence: () => undefined,
  oversize: async liar => {
    liar.part({});
    for (let rev = 1_000_000; rev > 0 && liar.stream.status === 'open'; rev--) {
      const item = [rev, rev - 1, `t${rev}`, { updates: [['lines', 0, 0, ['x'.repeat(1_000_000)]]] }];
      liar.part({ items: encodeCbor([item]) });
      await liar.ready();
    }
  },
  'huge-length': liar => raw(liar, new Uint8Array([0xff, 0xff, 0xff, 0x7f, 1, 2, 3])),
  'element-bomb': liar => {
    const bomb = new Uint8Array(6_000_000).fill(0x80);
    bomb.set([0x9a, 0x00, 0x5b, 0x8d, 0x7b]);
    raw(liar, new Uint8Array([0x80, 0x9b, 0xee, 0x02]));
    raw(liar, bomb);
  },
  'deep-nesting': liar => {
    raw(liar, new Uint8Array([0x80, 0x89, 0x7a]));
    raw(liar, new Uint8Array(2_000_000).fill(0x81));
  },
  'decompression-bomb': liar => {
    liar.part({});
    liar.part({ deflated: BOMB });
    liar.ok({ floor: 3 });
  },
  proto: lyingBy(items =>
    items.map(([rev, base, trxId, transform]) =>
      rev === 30
        ? [
            rev,
            base,
            '__proto__',
            parsed('{"updates":[["__proto__",-1,0,{"polluted":true}]],"__proto__":{"polluted":true}}'),
          ]
        : [rev, base, trxId, transform],
    ),
  ),
  'nan-revision': liar => rawItem(liar, Buffer.from('fb7ff8000000000000', 'hex')),
  'negative-revision': liar => rawItem(liar, Buffer.from('20', 'hex')),
  'huge-revision': liar => rawItem(liar, Buffer.from('1b0020000000000000', 'hex')),
  reset: async liar => {
    const archive = await knownArchive(liar.blockId, liar.rev);
    liar.part({ end: archive.range[1] });
    liar.part({ items: encodeCbor(archiveItems(archive).slice(0, 5)) });
    await liar.ready();
    setTimeout(() => liar.stream.abort(new RangeError('reset')), 20);
  },
  'disconnect-after': async liar => {
    await lyingBy(items => items)(liar);
    setTimeout(() => liar.stream.abort(new RangeError('gone')), 50);
  },
};

/** A chunk with one item whose revision is these bytes. */
function rawItem(liar: Liar, revision: Uint8Array): void {
  liar.part({});
  liar.part({ items: Buffer.concat([Buffer.from('8184', 'hex'), revision, Buffer.from('006161a0', 'hex')]) });
}

function parsed(text: string): unknown {
  return JSON.parse(text);
}

function renamed(transform: { insert?: object }): object {
  return transform.insert === undefined
    ? transform
    : { insert: { ...transform.insert, header: { id: 'another', type: 'note', collectionId: 'another' } } };
}
