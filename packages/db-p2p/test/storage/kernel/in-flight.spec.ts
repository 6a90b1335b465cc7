import { describe, expect, it } from 'vitest';
import { metaKey } from '../../../src/storage/driver/record-key.js';
import type { DriverWrite } from '../../../src/storage/driver/store-driver.js';
import { InFlight, type ActiveRead } from '../../../src/storage/kernel/in-flight.js';
import { Gate } from './slow-driver.js';

const writesOf = (...blockIds: string[]): DriverWrite[] =>
  blockIds.map(blockId => ({ key: metaKey(blockId), value: Uint8Array.of(1) }));
const keyOf = (blockId: string): string => metaKey(blockId).encoded;
const nothing = (): void => undefined;

function shutGate(): Gate {
  const gate = new Gate();
  gate.shut();
  return gate;
}

/** Lets everything that can go on without an event do so. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('what is in flight', () => {
  it('knows which keys are being written, be it one of those that are asked for', async () => {
    const inFlight = new InFlight();
    const gate = shutGate();
    expect(inFlight.isWriting([keyOf('a')])).toBe(false);
    const written = inFlight.write(writesOf('a', 'b'), () => gate.pass(), nothing);
    expect(inFlight.isWriting([keyOf('c'), keyOf('b')])).toBe(true);
    expect(inFlight.isWriting([keyOf('c')])).toBe(false);
    expect(inFlight.isWriting([])).toBe(false);
    gate.release();
    await written;
    expect(inFlight.isWriting([keyOf('a')])).toBe(false);
    const other = inFlight.write(writesOf('c'), async () => undefined, nothing);
    expect(inFlight.isWriting([keyOf('a')])).toBe(false);
    expect(inFlight.isWriting([keyOf('c')])).toBe(true);
    await other;
  });

  it('tells a read that a write of its keys began or ended meanwhile, and no other', async () => {
    const inFlight = new InFlight();
    const gate = shutGate();
    const seen: Record<string, ActiveRead> = {};
    const reading = shutGate();
    const reads = ['a', 'b'].map(name =>
      inFlight.read([keyOf(name)], async read => {
        seen[name] = read;
        await reading.pass();
      }),
    );
    const written = inFlight.write(writesOf('a'), () => gate.pass(), nothing);
    expect(seen.a?.overtaken).toBe(true);
    const during = inFlight.read([keyOf('a')], async read => {
      seen.during = read;
      await reading.pass();
    });
    expect(seen.during?.overtaken).toBe(false);
    gate.release();
    await written;
    expect(seen.during?.overtaken).toBe(true);
    expect(seen.b?.overtaken).toBe(false);
    reading.release();
    await Promise.all([...reads, during]);
  });

  it('settles once what was written is visible, or has failed', async () => {
    const inFlight = new InFlight();
    await inFlight.settled();
    const gate = shutGate();
    const order: string[] = [];
    const written = inFlight.write(
      writesOf('a'),
      () => gate.pass(),
      () => void order.push('visible'),
    );
    const settled = inFlight.settled().then(() => order.push('settled'));
    await turn();
    expect(order).toEqual([]);
    gate.release();
    await Promise.all([written, settled]);
    expect(order).toEqual(['visible', 'settled']);
    const failure = new RangeError('the disk');
    const failed = inFlight.write(
      writesOf('a'),
      async () => {
        throw failure;
      },
      () => void order.push('never'),
    );
    const after = inFlight.settled();
    await expect(failed).rejects.toBe(failure);
    await after;
    expect(order).toHaveLength(2);
    expect(inFlight.isWriting([keyOf('a')])).toBe(false);
  });

  it('lets a lone read wait for the write under way, and the next write for all lone reads', async () => {
    const inFlight = new InFlight();
    const [writing, first, second] = [shutGate(), shutGate(), shutGate()];
    const order: string[] = [];
    const before = inFlight.write(
      writesOf('a'),
      () => writing.pass(),
      () => void order.push('write before'),
    );
    const lone = (name: string, gate: Gate) =>
      inFlight.readAlone(async () => {
        order.push(name);
        await gate.pass();
        return name;
      });
    const reads = [lone('first', first), lone('second', second)];
    await turn();
    expect(order).toEqual([]);
    writing.release();
    await before;
    await turn();
    expect(order).toEqual(['write before', 'first', 'second']);
    const next = inFlight.write(writesOf('a'), async () => void order.push('next write'), nothing);
    first.release();
    await turn();
    expect(order).toHaveLength(3);
    second.release();
    expect(await Promise.all(reads)).toEqual(['first', 'second']);
    await next;
    expect(order.at(-1)).toBe('next write');
    await inFlight.write(writesOf('b'), async () => void order.push('and one more'), nothing);
    expect(order.at(-1)).toBe('and one more');
  });

  it('is done with reads when the last of them has ended, be it with a failure', async () => {
    const inFlight = new InFlight();
    await inFlight.readsDone();
    const [first, second] = [shutGate(), shutGate()];
    let isDone = false;
    const one = inFlight.read([], () => first.pass());
    const other = inFlight.read([], async () => {
      await second.pass();
      throw new RangeError('the disk');
    });
    const done = inFlight.readsDone().then(() => (isDone = true));
    first.release();
    await one;
    await turn();
    expect(isDone).toBe(false);
    second.release();
    await expect(other).rejects.toThrow('the disk');
    await done;
    await inFlight.readsDone();
    expect(await inFlight.read([], async () => 'again')).toBe('again');
  });
});
