import { metaKey } from '@blockstrata/db-p2p/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWrites, encodeRecord, type JournalStamp } from '../../src/journal/journal-record.js';
import { judgeJournal, type JournalVerdict } from '../../src/journal/judge-journal.js';
import { readSegment } from '../../src/journal/read-segment.js';
import { put } from '../driver-bench.js';

/** Writes segments as a journal does; strict unless a record says otherwise. */
class Segment {
  readonly #name: string;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where each record begins. */
  readonly starts: number[] = [];

  constructor(name: string, stamp: Partial<JournalStamp> = {}) {
    this.#name = name;
    this.#add(stamp, []);
  }

  batch(seq: number, stamp: Partial<JournalStamp> = {}): this {
    return this.#add({ seq, durableSeq: seq - 1, ...stamp }, [put(metaKey('block'), `batch ${seq}`)]);
  }

  note(stamp: Partial<JournalStamp>): this {
    return this.#add(stamp, []);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  read(bytes: Buffer = this.#bytes): ReturnType<typeof readSegment> {
    return readSegment(this.#name, bytes);
  }

  /** The content with one byte of a record changed. */
  damaged(record: number, offset = 20): Buffer {
    const bytes = Buffer.from(this.#bytes);
    const at = (this.starts[record] ?? 0) + offset;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes;
  }

  #add(stamp: Partial<JournalStamp>, writes: ReturnType<typeof put>[]): this {
    const place = { segment: this.#name, position: this.#bytes.length };
    this.starts.push(place.position);
    const full = { epoch: 1, seq: 0, durableSeq: 0, appliedSeq: 0, ...stamp };
    this.#bytes = Buffer.concat([this.#bytes, encodeRecord(place, full, writes)]);
    return this;
  }
}

function survivors({ payloads }: JournalVerdict): string[] {
  return payloads.flatMap(payload =>
    [...decodeWrites(payload)].map(({ value }) => Buffer.from(value ?? []).toString()),
  );
}

describe('recovery of the journal', () => {
  const three = () => new Segment('one').batch(1).batch(2).batch(3);

  it('brings back every batch that is whole', () => {
    const verdict = judgeJournal([three().read()]);
    expect(survivors(verdict)).toEqual(['batch 1', 'batch 2', 'batch 3']);
    expect(verdict).toMatchObject({ seq: 3, losses: [] });
  });

  it('drops a torn tail, cut off anywhere: it was never acknowledged (INV-3)', () => {
    const segment = three();
    const last = segment.starts[3] ?? 0;
    for (let length = last; length < segment.bytes.length; length++) {
      const verdict = judgeJournal([segment.read(segment.bytes.subarray(0, length))]);
      expect(survivors(verdict)).toEqual(['batch 1', 'batch 2']);
      expect(verdict.losses).toEqual([]);
    }
  });

  it('takes damage that a later record says was synced for corruption (INV-3)', () => {
    const segment = three();
    for (const record of [1, 2]) {
      const { losses } = judgeJournal([segment.read(segment.damaged(record))]);
      expect(losses).toEqual([{ record: 'one', problem: `batch ${record} was synced, and is lost` }]);
    }
  });

  it('takes damage that nothing later calls synced for a torn tail, and drops all behind it', () => {
    const relaxed = new Segment('one')
      .batch(1, { durableSeq: 0 })
      .batch(2, { durableSeq: 0 })
      .batch(3, { durableSeq: 0 });
    const verdict = judgeJournal([relaxed.read(relaxed.damaged(2))]);
    expect(survivors(verdict)).toEqual(['batch 1']);
    expect(verdict.losses).toEqual([]);
  });

  it('finds corruption across segments', () => {
    const next = new Segment('two', { seq: 3, durableSeq: 3 }).batch(4);
    const { losses } = judgeJournal([three().read(three().damaged(3)), next.read()]);
    expect(losses).toEqual([{ record: 'two', problem: 'batch 3 was synced, and is lost' }]);
    expect(judgeJournal([next.read()]).losses).toHaveLength(1);
  });

  it('names what was synced behind the last record that is whole, in the segment that ends there', () => {
    const next = new Segment('two', { seq: 3, durableSeq: 5 });
    const { losses } = judgeJournal([three().read(), next.read()]);
    expect(losses).toEqual([{ record: 'two', problem: 'batches 4 to 5 was synced, and is lost' }]);
  });

  it('tells of what was synced alone where more is missing than that, and brings back nothing behind it', () => {
    const segment = new Segment('one').batch(1).batch(2).batch(3).batch(4, { durableSeq: 2 });
    const later = new Segment('two', { seq: 3, durableSeq: 2 }).batch(4, { durableSeq: 2 });
    const verdict = judgeJournal([segment.read(segment.bytes.subarray(0, segment.starts[2])), later.read()]);
    expect(verdict.losses).toEqual([{ record: 'two', problem: 'batch 2 was synced, and is lost' }]);
    expect(survivors(verdict)).toEqual(['batch 1']);
  });

  it('takes a batch that two segments hold once', () => {
    const again = new Segment('two', { seq: 1, durableSeq: 1 }).batch(2).batch(3).batch(4);
    const verdict = judgeJournal([three().read(), again.read()]);
    expect(survivors(verdict)).toEqual(['batch 1', 'batch 2', 'batch 3', 'batch 4']);
    expect(verdict).toMatchObject({ seq: 4, losses: [] });
  });

  it('asks for nothing that is in the tree already', () => {
    const next = new Segment('two', { seq: 3, durableSeq: 3 })
      .note({ seq: 3, durableSeq: 3, appliedSeq: 3 })
      .batch(4, { appliedSeq: 3 });
    expect(judgeJournal([next.read()])).toMatchObject({ seq: 4, losses: [] });
    expect(survivors(judgeJournal([three().read(), next.read()]))).toEqual(['batch 4']);
  });

  it('never takes a segment whose beginning is damaged for an empty one', () => {
    const segment = new Segment('one', { seq: 0 });
    expect(judgeJournal([segment.read(segment.damaged(0))]).losses).toHaveLength(1);
    expect(judgeJournal([segment.read(Buffer.alloc(0))]).losses).toHaveLength(1);
    expect(judgeJournal([segment.read(Buffer.alloc(4096))]).losses).toHaveLength(1);
  });

  it('keeps what is whole around damage when the loss is accepted', () => {
    const segment = three();
    expect(survivors(judgeJournal([segment.read(segment.damaged(2))]))).toEqual(['batch 1', 'batch 3']);
  });

  it('takes no record for one that was moved, or that a value holds', () => {
    const segment = three();
    const first = segment.bytes.subarray(0, segment.starts[1]);
    const moved = Buffer.concat([first, segment.bytes.subarray(segment.starts[2])]);
    expect(survivors(judgeJournal([segment.read(moved)]))).toEqual([]);
    expect(new Segment('other').read(segment.bytes).records).toEqual([]);
  });

  it('brings back a prefix, or reports a loss, whatever bytes are changed', () => {
    const bytes = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bytes, changes => {
        const segment = three();
        const changed = Buffer.from(segment.bytes);
        for (const { at, to } of changes) changed.writeUInt8(to, at % changed.length);
        const verdict = judgeJournal([segment.read(changed)]);
        const all = ['batch 1', 'batch 2', 'batch 3'];
        const found = survivors(verdict);
        for (const one of found) expect(all).toContain(one);
        if (verdict.losses.length === 0) {
          expect(found).toEqual(all.slice(0, found.length));
          if (changes.length === 1) expect(found.length).toBeGreaterThanOrEqual(2);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
