import { describe, expect, it } from 'vitest';
import { conformance, CONFORMANCE_CASE_COUNT } from '../../src/conformance/index.js';
import { MemoryDriver, MemoryRawStorage, RawStorage } from '../../src/storage/index.js';
import { FaultyDriver, FaultyStorage, memoryFaults } from './faulty-driver.js';

describe('MemoryRawStorage', () => {
  const { cases, skipped } = conformance<RawStorage>({
    describe,
    it,
    open: options => new MemoryRawStorage(options),
    reopen: (storage, options) => new RawStorage(storage.driver, options),
    destroy: () => undefined,
  });

  it('runs the whole suite, except for what needs an engine that fails', () => {
    console.info(`conformance: ${cases} cases, ${skipped} skipped on plain memory`);
    expect(cases).toBe(CONFORMANCE_CASE_COUNT);
    expect(cases).toBeGreaterThan(250);
  });
});

describe('RawStorage over a driver that can be made to fail', () => {
  const { skipped } = conformance<FaultyStorage>({
    describe,
    it,
    open: options => new FaultyStorage(new FaultyDriver(), options),
    reopen: (storage, options) => new FaultyStorage(storage.faulty, options),
    destroy: () => undefined,
    faults: memoryFaults,
  });

  it('runs every case', () => {
    expect(skipped).toBe(0);
  });
});

describe('a MemoryDriver', () => {
  it('lends its contents to the next RawStorage', async () => {
    const driver = new MemoryDriver();
    const first = new RawStorage(driver);
    await first.saveMetadata('a', { ranges: [[1]] });
    await first.close();
    expect(await new RawStorage(driver).getMetadata('a')).toEqual({ ranges: [[1]] });
  });
});
