/** A segment of the journal: the epoch that wrote it, and its number within it. */
export type SegmentId = { readonly epoch: number; readonly index: number };

const DIGITS = 16;
const NAME = /^([0-9]{16})-([0-9]{16})\.journal$/;

/** The file name of a segment; names sort as their segments follow each other. */
export function segmentName({ epoch, index }: SegmentId): string {
  return `${String(epoch).padStart(DIGITS, '0')}-${String(index).padStart(DIGITS, '0')}.journal`;
}

/** The segment that a file name stands for, or `undefined`. */
export function parseSegmentName(name: string): SegmentId | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : { epoch: Number(match[1]), index: Number(match[2]) };
}
