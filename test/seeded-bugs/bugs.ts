import type { SeededBug } from './bug.js';

const CONFORMANCE = 'packages/db-p2p/test/conformance/memory.spec.ts';
const FILE_CONFORMANCE = 'packages/file-storage/test/conformance.spec.ts';
const CRASH_IMAGES = 'test/simulation/crash-images-file.spec.ts';
const FILE_DRIVER = 'packages/file-storage/test/file-driver.spec.ts';
const RESTORE = 'packages/db-p2p/test/storage/restore.spec.ts';
const RECOVER = 'packages/db-p2p/test/storage/recover.spec.ts';
const CODECS = 'packages/db-p2p/test/storage/kernel/codecs.spec.ts';
const MODEL = 'test/model/model.spec.ts';

const KERNEL = 'packages/db-p2p/src/storage/kernel';
const BLOCK = 'packages/db-p2p/src/storage/block';
const REPO = 'packages/db-p2p/src/storage/repo';
const FILES = 'packages/file-storage/src';

/** One guard after another taken away; the suite must notice each. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'journal-sync-skipped',
    invariant: 'INV-1',
    file: `${FILES}/journal/journal.ts`,
    find: "if (this.#durability === 'strict') await this.#sync();",
    replace: 'this.#durableSeq = this.#seq;',
    specs: [CRASH_IMAGES],
  },
  {
    name: 'journal-directory-sync-forgotten',
    invariant: 'INV-1',
    file: `${FILES}/journal/journal.ts`,
    find: 'await fileSystem.syncDirectory(directory);\n    this.#durableSeq = durableSeq;',
    replace: 'this.#durableSeq = durableSeq;',
    specs: [CRASH_IMAGES],
  },
  {
    name: 'acknowledged-early',
    invariant: 'INV-1',
    file: `${KERNEL}/in-flight.ts`,
    find: 'await run();\n      makeVisible();',
    replace: 'void run().catch(() => undefined);\n      makeVisible();',
    specs: [CONFORMANCE, CRASH_IMAGES],
  },
  {
    name: 'half-a-batch',
    invariant: 'INV-2',
    file: `${KERNEL}/group-commit.ts`,
    find: 'for (const write of waiting.batch.writes) writes.push(write);',
    replace: 'for (const write of waiting.batch.writes.slice(0, 20)) writes.push(write);',
    specs: [CONFORMANCE],
  },
  {
    name: 'latches-dropped',
    invariant: 'INV-2',
    file: `${REPO}/commit.ts`,
    find: 'context.coordination.latches.acquire(request.blockIds)',
    replace: 'context.coordination.latches.acquire([])',
    specs: [CONFORMANCE, 'test/model/interleavings.spec.ts'],
  },
  {
    name: 'cut-overtaken-by-a-write',
    invariant: 'INV-2',
    file: `${KERNEL}/record-reader.ts`,
    find: 'return read.overtaken ? undefined : this.#fillIn(keys, records, values);',
    replace: 'return this.#fillIn(keys, records, values);',
    specs: ['test/model/interleavings.spec.ts', FILE_CONFORMANCE, CONFORMANCE],
  },
  {
    name: 'log-chain-not-linked',
    invariant: 'INV-3',
    file: `${KERNEL}/commit-log.ts`,
    find: 'prev: head.digest,',
    replace: 'prev: NO_DIGEST,',
    specs: [CONFORMANCE],
  },
  {
    name: 'lost-log-tail-not-noticed',
    invariant: 'INV-3',
    file: `${KERNEL}/commit-log.ts`,
    find: 'if (clean.seq === 0) return;',
    replace: 'if (clean.seq >= 0) return;',
    specs: ['packages/db-p2p/test/storage/clean-mark.spec.ts'],
  },
  {
    name: 'tip-moves-back',
    invariant: 'INV-4',
    file: `${REPO}/commit.ts`,
    find: 'if (tip >= rev) return stale(context, blockId, head, `is at revision ${tip}`, rev - 1);\n  if (base',
    replace: 'if (base',
    specs: [CONFORMANCE],
  },
  {
    name: 'tip-copy-not-saved',
    invariant: 'INV-4',
    file: `${BLOCK}/plan-commit.ts`,
    find: 'if (block !== undefined) batch.saveMaterializedBlock(blockId, trxId, block);',
    replace:
      'if (block !== undefined && head.latest === undefined) batch.saveMaterializedBlock(blockId, trxId, block);',
    specs: [CONFORMANCE],
  },
  {
    name: 'pending-and-committed',
    invariant: 'INV-5',
    file: `${KERNEL}/raw-batch.ts`,
    find: 'return this.saveTransaction(blockId, trxId, trx).deletePendingTransaction(blockId, trxId);',
    replace: 'return this.saveTransaction(blockId, trxId, trx);',
    specs: [CONFORMANCE],
  },
  {
    name: 'reused-transaction-accepted',
    invariant: 'INV-5',
    file: `${REPO}/pend.ts`,
    find: 'if (!contentEquals(held.transform, transform)) {',
    replace: 'if (!contentEquals(held.transform, transform) && held === undefined) {',
    specs: [CONFORMANCE],
  },
  {
    name: 'checksum-skipped-in-cbor',
    invariant: 'INV-6',
    file: `${KERNEL}/cbor-codec.ts`,
    find: 'if (stored !== crc32(payload, crc32(key.encoded))) {',
    replace: 'if (stored < 0) {',
    specs: [CODECS, RECOVER],
  },
  {
    name: 'directory-made-in-silence',
    invariant: 'INV-6',
    file: `${FILES}/tree/tree-writer.ts`,
    find: 'places.made(key.blockId, directory);',
    replace: '',
    specs: ['packages/file-storage/test/layout/tree-places.spec.ts'],
  },
  {
    name: 'filter-dropped-one-log-too-early',
    invariant: 'INV-6',
    file: 'packages/leveldb-storage/src/membership/membership-filter.ts',
    find: 'newestLog < found.unflushedFrom',
    replace: 'newestLog <= found.unflushedFrom',
    specs: ['packages/leveldb-storage/test/membership/membership-filter.spec.ts'],
  },
  {
    name: 'checksum-skipped-in-json',
    invariant: 'INV-6',
    file: `${KERNEL}/json-codec.ts`,
    find: "if (!text.startsWith(crc, prefix.length)) throw corrupt('its checksum does not match its key and content');",
    replace: '',
    specs: [CODECS, 'test/corruption/corruption.spec.ts'],
  },
  {
    name: 'store-not-poisoned',
    invariant: 'INV-7',
    file: `${KERNEL}/group-commit.ts`,
    find: 'if (!harmless) this.#poison = error;',
    replace: '',
    specs: [CONFORMANCE],
  },
  {
    name: 'abort-after-hand-over',
    invariant: 'INV-8',
    file: `${KERNEL}/group-commit.ts`,
    find: 'waiting.withdrawn?.();\n      for',
    replace: 'for',
    specs: [CONFORMANCE],
  },
  {
    name: 'refused-pend-leaves-a-trace',
    invariant: 'INV-8',
    file: `${REPO}/pend.ts`,
    find: "if (crowded && (request.policy === 'f' || request.policy === 'r')) return pendingRefusal(others);",
    replace:
      "if (crowded && (request.policy === 'f' || request.policy === 'r')) { await write(context, request, heads, new Map(), options); return pendingRefusal(others); }",
    specs: [CONFORMANCE, MODEL],
  },
  {
    name: 'journal-segment-removed-too-early',
    invariant: 'INV-9',
    file: `${FILES}/checkpointer.ts`,
    find: 'await tree.apply(layer.writes(), recovering);',
    replace: 'await journal.applied(seq);\n    await tree.apply(layer.writes(), recovering);',
    specs: [CRASH_IMAGES],
  },
  {
    name: 'lock-ignored',
    invariant: 'INV-10',
    file: `${FILES}/lock/store-lock.ts`,
    find: "if (attempt === 'taken') return;",
    replace: 'if (attempt !== undefined) return;',
    specs: [FILE_CONFORMANCE, FILE_DRIVER],
  },
  {
    name: 'archive-with-a-hole-installed',
    invariant: 'INV-11',
    file: `${BLOCK}/check-archive.ts`,
    find: 'if (below !== undefined && base !== below.rev) {',
    replace: 'if (below !== undefined && base === undefined) {',
    specs: [RESTORE],
  },
  {
    name: 'local-commit-overwritten-by-a-peer',
    invariant: 'INV-11',
    file: `${BLOCK}/install-archive.ts`,
    find: 'if (local.trxId !== theirs.trxId || !sameBase || !sameTransform) {',
    replace: 'if (local.trxId !== theirs.trxId && !sameBase && !sameTransform) {',
    specs: [RESTORE],
  },
  {
    name: 'pendings-unbounded',
    invariant: 'INV-12',
    file: `${REPO}/pend.ts`,
    find: 'if (pendingsOf(head).length >= blockPendingsMax) {',
    replace: 'if (pendingsOf(head).length < 0) {',
    specs: [CONFORMANCE, 'packages/db-p2p/test/storage/bounds.spec.ts'],
  },
  {
    name: 'caller-shares-what-it-put-in',
    invariant: 'INV-13',
    file: 'packages/db-core/src/content.ts',
    find: 'if (value instanceof Uint8Array) return new Uint8Array(value);',
    replace: 'if (value instanceof Uint8Array) return value;',
    specs: ['packages/db-core/test/content.spec.ts', CONFORMANCE],
  },
  {
    name: 'cached-bytes-handed-out',
    invariant: 'INV-13',
    file: `${KERNEL}/record-reader.ts`,
    find: 'return holdsBytes ? withOwnBytes(record) : record;',
    replace: 'return holdsBytes ? record : record;',
    specs: [CONFORMANCE],
  },
];
