import { ok, present, rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { collect, draft } from '../samples.js';

/** Opening: the header, the epoch, the lock, laziness. */
export const reopeningCases = cases('opening and reopening');

reopeningCases(
  'raises the epoch at every open',
  async bench => {
    let storage = await bench.open();
    let { epoch } = await storage.open();
    ok(Number.isSafeInteger(epoch) && epoch >= 1, `its first epoch is ${epoch}`);
    for (let life = 1; life <= 4; life++) {
      storage = await bench.reopen(storage);
      const report = await storage.open();
      ok(report.epoch > epoch, `epoch ${report.epoch} comes after ${epoch}`);
      epoch = report.epoch;
    }
  },
  ['persistence'],
);

reopeningCases(
  'says that a store that was closed needed no recovery',
  async bench => {
    let storage = await bench.open();
    same((await storage.open()).recovered, false, 'a new store');
    await storage
      .batch()
      .saveRevision('b', 1, { trxId: 't' })
      .appendLog(draft('t', 1, ['b']))
      .write();
    storage = await bench.reopen(storage);
    const report = await storage.open();
    same([report.recovered, report.losses], [false, []], 'the report');
  },
  ['persistence'],
);

reopeningCases('opens once, however many ask for it', async bench => {
  const storage = await bench.open();
  await storage.close();
  const reports = await Promise.all([storage.open(), storage.open(), storage.open()]);
  same(new Set(reports.map(({ epoch }) => epoch)).size, 1, 'the epochs');
});

reopeningCases('opens while it closes: after it', async bench => {
  const storage = await bench.open();
  await storage.saveMetadata('b', { ranges: [] });
  const closed = storage.close();
  await storage.open();
  await closed;
  await storage.saveMetadata('c', { ranges: [] });
});

reopeningCases(
  'refuses a second owner with a StoreLockedError, and the first goes on (INV-10)',
  async bench => {
    const storage = await bench.open();
    await storage.saveMetadata('b', { ranges: [[1]] });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await rejects(() => bench.openAgain(storage), ['store-locked'], `attempt ${attempt}`);
    }
    await storage.saveMetadata('b', { ranges: [[2]] });
    same((await storage.getMetadata('b'))?.ranges, [[2]], 'the head');
    const next = await bench.reopen(storage);
    same((await next.getMetadata('b'))?.ranges, [[2]], 'the head, to the next owner');
  },
  ['locking', 'persistence'],
);

reopeningCases(
  'lets one of two owners in who come at once (INV-10)',
  async bench => {
    const storage = await bench.open();
    await storage.close();
    const outcomes = await Promise.allSettled([bench.openAgain(storage), bench.openAgain(storage)]);
    const opened = outcomes.filter(({ status }) => status === 'fulfilled').length;
    same(opened, 1, 'how many of them are in');
    const refused = present(
      outcomes.find(({ status }) => status === 'rejected'),
      'the refusal',
    ) as PromiseRejectedResult;
    same((refused.reason as { code?: string }).code, 'store-locked', 'how the other was refused');
  },
  ['locking', 'persistence'],
);

reopeningCases(
  'opens twenty times in a row without losing a record',
  async bench => {
    let storage = await bench.open();
    for (let life = 1; life <= 20; life++) {
      await storage
        .batch()
        .saveMetadata(`b${life}`, { ranges: [] })
        .appendLog(draft(`t${life}`, life, [`b${life}`]))
        .write();
      storage = await bench.reopen(storage);
    }
    same((await collect(storage.listBlockIds())).length, 20, 'the blocks');
    same(
      (await collect(storage.readLog())).map(({ seq }) => seq),
      Array.from({ length: 20 }, (_, i) => i + 1),
      'the log',
    );
  },
  ['persistence'],
);
