import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { counted, formatBytes, formatDuration, parseDuration, parseInteger } from '../../src/output/format.js';
import { toJson } from '../../src/output/json.js';
import { formatTable } from '../../src/output/table.js';

describe('what people read and type', () => {
  it('is in units that fit', () => {
    expect([0, 1023, 1536, 20 * 1024, 5 * 1024 ** 3].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '20 KiB',
      '5.0 GiB',
    ]);
    expect([5, 1_500, 61_000, 3_660_000, 90_000_000].map(formatDuration)).toEqual([
      '5 ms',
      '1.5 s',
      '1 min 1 s',
      '1 h 1 min',
      '1 d 1 h',
    ]);
    expect([counted(1, 'block'), counted(2, 'entry', 'entries')]).toEqual(['1 block', '2 entries']);
  });

  it('is parsed strictly', () => {
    expect(['250ms', '90s', '1.5m', '1h', '2d'].map(parseDuration)).toEqual([
      250, 90_000, 90_000, 3_600_000, 172_800_000,
    ]);
    for (const text of ['', '1', 'h', '-1h', '1 h', '1y']) expect(() => parseDuration(text)).toThrow(UsageError);
    expect(parseInteger('42', 1)).toBe(42);
    for (const text of ['', '0', '-1', '1.5', '1e3', '0x10', '9007199254740992'])
      expect(() => parseInteger(text, 1)).toThrow(UsageError);
  });

  it('is a table without lines, and JSON with bytes as DAG-JSON has them', () => {
    expect(
      formatTable(
        ['N', 'NAME'],
        [
          ['1', 'a'],
          ['22', 'b'],
        ],
        ['right'],
      ),
    ).toBe(' N  NAME\n 1  a\n22  b');
    expect(JSON.parse(toJson({ a: [new Uint8Array([1, 2])] }))).toEqual({ a: [{ '/': { bytes: 'AQI' } }] });
  });
});
