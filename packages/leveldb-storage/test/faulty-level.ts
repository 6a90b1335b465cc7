import { ClassicLevel } from 'classic-level';

type Faults = { reads: boolean; nextWrite: 'done' | 'not-done' | undefined };

const faultsByPath = new Map<string, Faults>();
let writesFailed = 0;

/** From now on LevelDB fails to read in this directory. */
export function failReads(path: string): void {
  faultsOf(path).reads = true;
}

/** LevelDB fails the next batch in this directory; whether it did it all the same takes turns. */
export function failNextWrite(path: string): void {
  faultsOf(path).nextWrite = writesFailed++ % 2 === 0 ? 'done' : 'not-done';
}

/** LevelDB works again. */
export function heal(path: string): void {
  faultsByPath.delete(path);
}

function faultsOf(path: string): Faults {
  const faults = faultsByPath.get(path) ?? { reads: false, nextWrite: undefined };
  faultsByPath.set(path, faults);
  return faults;
}

class SystemCallFailure extends Error {
  readonly code = 'LEVEL_IO_ERROR';
}

type Method = (...args: unknown[]) => unknown;

function intercept(
  name: 'getSync' | 'getMany' | 'iterator' | 'batch',
  wrap: (path: string, call: () => unknown) => unknown,
) {
  const original = Reflect.get(ClassicLevel.prototype, name) as Method;
  Reflect.set(ClassicLevel.prototype, name, function (this: { location: string }, ...args: unknown[]) {
    return wrap(this.location, () => Reflect.apply(original, this, args));
  });
}

for (const name of ['getSync', 'getMany', 'iterator'] as const) {
  intercept(name, (path, call) => {
    if (faultsByPath.get(path)?.reads) throw new SystemCallFailure('IO error: a read: Input/output error');
    return call();
  });
}

intercept('batch', (path, call) => {
  const batch = call() as { write(): Promise<void>; close(): Promise<void> };
  const { nextWrite } = faultsOf(path);
  if (nextWrite === undefined) return batch;
  faultsOf(path).nextWrite = undefined;
  const write = batch.write.bind(batch);
  batch.write = async () => {
    await (nextWrite === 'done' ? write() : batch.close());
    throw new SystemCallFailure('IO error: a write: Input/output error');
  };
  return batch;
});
