import { describe, expect, it } from 'vitest';
import { conformance, type ConformanceFaults } from '../../src/conformance/index.js';
import type { DriverOpenOptions, DriverWrite, RecordKey, ScanRange, StoreDriver } from '../../src/storage/index.js';
import { FaultyDriver, FaultyStorage, memoryFaults } from './faulty-driver.js';

/** Passes everything on. */
class WrappingDriver implements StoreDriver {
  constructor(protected readonly inner: FaultyDriver) {}

  get name() {
    return this.inner.name;
  }

  get supports() {
    return this.inner.supports;
  }

  open(options: DriverOpenOptions) {
    return this.inner.open(options);
  }

  close(header: Uint8Array | undefined) {
    return this.inner.close(header);
  }

  async get(key: RecordKey) {
    return this.inner.get(key);
  }

  async getMany(keys: readonly RecordKey[]) {
    return this.inner.getMany(keys);
  }

  async scan(range: ScanRange) {
    return this.inner.scan(range);
  }

  async write(writes: readonly DriverWrite[]) {
    return this.inner.write(writes);
  }

  size() {
    return this.inner.size();
  }
}

class WritesOneByOne extends WrappingDriver {
  override async write(writes: readonly DriverWrite[]) {
    for (const write of writes) await this.inner.write([write]);
  }
}

class LeavesHalfWhenItFails extends FaultyDriver {
  protected override async failMidway(writes: readonly DriverWrite[]) {
    await this.writeThrough(writes.slice(0, writes.length >> 1));
  }
}

class WritesBackwards extends WrappingDriver {
  override async write(writes: readonly DriverWrite[]) {
    return this.inner.write([...writes].reverse());
  }
}

class DeletesFirst extends WrappingDriver {
  override async write(writes: readonly DriverWrite[]) {
    return this.inner.write([...writes].sort((a, b) => Number(a.value !== undefined) - Number(b.value !== undefined)));
  }
}

class LosesDeletes extends WrappingDriver {
  override async write(writes: readonly DriverWrite[]) {
    return this.inner.write(writes.filter(({ value }) => value !== undefined));
  }
}

class LosesTheLastDelete extends WrappingDriver {
  override async write(writes: readonly DriverWrite[]) {
    const last = writes.findLastIndex(({ value }) => value === undefined);
    return this.inner.write(writes.filter((_, i) => i !== last));
  }
}

/** Reads into one buffer, which the next read overwrites. */
class SharesOneBuffer extends WrappingDriver {
  readonly #buffer = new Uint8Array(8 << 20);

  override async get(key: RecordKey) {
    return this.#shared(this.inner.get(key));
  }

  override async getMany(keys: readonly RecordKey[]) {
    const values = this.inner.getMany(keys);
    return values.map(value => this.#shared(value));
  }

  #shared(value: Uint8Array | undefined) {
    if (value === undefined) return undefined;
    this.#buffer.set(value);
    return this.#buffer.subarray(0, value.length);
  }
}

class SwallowsReadErrors extends WrappingDriver {
  override async get(key: RecordKey) {
    return orElse(() => this.inner.get(key), undefined);
  }

  override async getMany(keys: readonly RecordKey[]) {
    return orElse(
      () => this.inner.getMany(keys),
      keys.map(() => undefined),
    );
  }

  override async scan(range: ScanRange) {
    return orElse(() => this.inner.scan(range), { records: [], done: true });
  }
}

async function orElse<T>(run: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await run();
  } catch {
    return otherwise;
  }
}

type Broken = (inner: FaultyDriver) => StoreDriver;

/** Runs the suite outside of the test runner; returns the names of the cases that failed, and how many passed. */
async function runSuite(
  makeInner: () => FaultyDriver,
  wrap: Broken,
  faults: ConformanceFaults<FaultyStorage>,
  failuresMax = Number.POSITIVE_INFINITY,
): Promise<{ failed: string[]; passed: number }> {
  const cases: [string, () => Promise<void>][] = [];
  const it = Object.assign((name: string, body: () => Promise<void>) => cases.push([name, body]), {
    skip: () => undefined,
  });
  conformance<FaultyStorage>({
    describe: (_, body) => body(),
    it,
    open(options) {
      const inner = makeInner();
      return new FaultyStorage(inner, options, wrap(inner));
    },
    reopen: ({ faulty, outer }, options) => new FaultyStorage(faulty, options, outer),
    destroy: () => undefined,
    faults,
  });
  const failed: string[] = [];
  let passed = 0;
  for (const [name, body] of cases) {
    if (failed.length >= failuresMax) break;
    await body().then(
      () => passed++,
      () => failed.push(name),
    );
  }
  return { failed, passed };
}

const BREAKAGES: readonly (readonly [what: string, wrap: Broken, inner: () => FaultyDriver])[] = [
  ['is not atomic: it writes one record after the other', inner => new WritesOneByOne(inner), () => new FaultyDriver()],
  ['is not atomic: it leaves half of a write that fails', inner => inner, () => new LeavesHalfWhenItFails()],
  ['ignores the order: it writes backwards', inner => new WritesBackwards(inner), () => new FaultyDriver()],
  ['ignores the order: it deletes first', inner => new DeletesFirst(inner), () => new FaultyDriver()],
  ['loses every delete', inner => new LosesDeletes(inner), () => new FaultyDriver()],
  ['loses the last delete of each write', inner => new LosesTheLastDelete(inner), () => new FaultyDriver()],
  ['returns shared buffers', inner => new SharesOneBuffer(inner), () => new FaultyDriver()],
  ['swallows read errors', inner => new SwallowsReadErrors(inner), () => new FaultyDriver()],
];

describe('the conformance suite', () => {
  it('passes a driver that only passes everything on', async () => {
    const { failed, passed } = await runSuite(
      () => new FaultyDriver(),
      inner => new WrappingDriver(inner),
      memoryFaults,
    );
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(250);
  });

  for (const [what, wrap, makeInner] of BREAKAGES) {
    it(`fails a driver that ${what}`, async () => {
      const { failed, passed } = await runSuite(makeInner, wrap, memoryFaults, 5);
      console.info(`a driver that ${what} fails after ${passed} cases: "${failed[0]}"`);
      expect(failed.length).toBeGreaterThan(0);
      expect(passed).toBeGreaterThan(0);
    });
  }

  for (const [what, wrap, makeInner] of BREAKAGES.filter(
    ([, wrap]) => wrap(new FaultyDriver()) instanceof WrappingDriver,
  )) {
    it(`fails a driver that ${what}, even without a way to make the engine fail`, async () => {
      const { failed } = await runSuite(makeInner, wrap, {}, 1);
      expect(failed.length).toBeGreaterThan(0);
    });
  }
});
