import type { RecordKey } from '../../storage/driver/record-key.js';
import { logKey, metaKey, revKey, trxKey } from '../../storage/driver/record-key.js';
import type { IRawStorage } from '../../storage/raw-storage.js';
import { rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { block, collect, draft } from '../samples.js';

/** Missing, corrupt and failing are three outcomes (INV-6). */
export const readErrorCases = cases('read errors (INV-6)');

async function fill(storage: IRawStorage): Promise<void> {
  await storage
    .batch()
    .saveMetadata('b', { ranges: [[1]], latest: { trxId: 't', rev: 1 } })
    .saveRevision('b', 1, { trxId: 't', base: 0 })
    .saveTransaction('b', 't', { transform: {}, rev: 1 })
    .savePendingTransaction('b', 'p', { transform: {}, time: 0 })
    .saveMaterializedBlock('b', 't', block('b', { text: 'some text that can be damaged' }))
    .saveMetadata('c', { ranges: [], copyBytes: 3 })
    .appendLog(draft('t', 1, ['b']))
    .appendLog(draft('u', 2, ['b']))
    .write();
}

const READS: readonly (readonly [what: string, key: RecordKey, reads: ((storage: IRawStorage) => unknown)[]])[] = [
  ['a head', metaKey('b'), [s => s.getMetadata('b'), s => s.getMetadataMany(['c', 'b'])]],
  ['a revision', revKey('b', 1), [s => s.getRevision('b', 1), s => collect(s.listRevisions('b', 1, 9))]],
  [
    'a pending transaction',
    trxKey('pend', 'b', 'p'),
    [s => s.getPendingTransaction('b', 'p'), s => collect(s.listPendingTransactions('b'))],
  ],
  ['a committed transaction', trxKey('trx', 'b', 't'), [s => s.getTransaction('b', 't')]],
  ['a copy', trxKey('block', 'b', 't'), [s => s.getMaterializedBlock('b', 't')]],
  ['a log entry', logKey(1), [s => collect(s.readLog())]],
];

for (const [what, key, reads] of READS) {
  readErrorCases(
    `calls ${what} whose bytes were changed corrupt, never absent`,
    async bench => {
      let storage = await bench.open();
      await fill(storage);
      try {
        storage = await bench.damage(storage, key);
      } catch (error) {
        same((error as { code?: string }).code, 'corrupt-record', 'how the damaged store refuses to open');
        return;
      }
      for (const read of reads) await rejects(() => read(storage), ['corrupt-record'], `reading ${what}`);
      same((await storage.getMetadata('c'))?.copyBytes, 3, 'a record that was not damaged');
    },
    ['damage'],
  );

  readErrorCases(
    `calls ${what} that the engine fails to read a failure, never absent`,
    async bench => {
      const storage = await bench.open();
      await fill(storage);
      await bench.failReads(storage);
      for (const read of reads) await rejects(() => read(storage), ['storage-io', 'corrupt-record'], `reading ${what}`);
    },
    ['failing-reads'],
  );
}

readErrorCases(
  'keeps the cause of a failure in its error',
  async bench => {
    const storage = await bench.open();
    await fill(storage);
    await bench.failReads(storage);
    const error = (await rejects(
      () => storage.getRevision('b', 1),
      ['storage-io', 'corrupt-record'],
      'the read',
    )) as Error;
    same(error.cause !== undefined, true, 'whether the error has a cause');
  },
  ['failing-reads'],
);
