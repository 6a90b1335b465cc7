import { CorruptRecordError, StoreClosedError, type Clock, type Randomness } from '@blockstrata/db-core';
import { admitListeners } from '#platform';
import type { DriverLoss, Durability, StoreDriver } from '../driver/store-driver.js';
import type { OpenReport } from '../raw-storage.js';
import type { RecordCodec } from './codec.js';
import { checkCleanMark, cleanMark, readLogHead, type LogHead } from './commit-log.js';
import { decodeHeader, encodeHeader, FORMAT_VERSION, type StoreHeader } from './header.js';

/** How a session opens its store. */
export type SessionOptions = {
  readonly driver: StoreDriver;
  readonly codec: RecordCodec;
  readonly create: boolean;
  readonly durability: Durability;
  readonly clock: Clock;
  readonly randomness: Randomness;
};

/** A store that is open. */
export type OpenStore = { readonly header: StoreHeader; readonly report: OpenReport; readonly logHead: LogHead };

/** Opens the driver, raises the epoch, and checks that the log reaches as far as it did. */
export async function openStore(options: SessionOptions, salvage: boolean): Promise<OpenStore> {
  const { driver } = options;
  const losses: DriverLoss[] = [];
  let stored: StoreHeader | undefined;
  let header: StoreHeader = firstHeader(options);
  const opened = await driver.open({
    create: options.create,
    durability: options.durability,
    salvage,
    admit(bytes) {
      const known = readHeader(options, bytes, salvage, losses);
      // Admitted a second time, under the lock, the header may be one that its last owner has just left.
      stored = known;
      header = known === undefined ? firstHeader(options) : raised(known, salvage);
      return { bytes: encodeHeader(header), epoch: header.epoch };
    },
  });
  try {
    losses.push(...opened.losses);
    const recovered = stored !== undefined && stored.clean?.epoch !== stored.epoch;
    const logHead = await readLogHead(driver, options.codec, recovered ? undefined : stored?.clean);
    await checkLog(options, logHead, stored, salvage, losses);
    return { header, logHead, report: { recovered, epoch: header.epoch, losses } };
  } catch (error) {
    await driver.close(undefined);
    throw error;
  }
}

/** Closes the driver; a `logHead` leaves the mark of a clean shutdown. */
export async function closeStore(
  driver: StoreDriver,
  header: StoreHeader,
  logHead: LogHead | undefined,
): Promise<void> {
  await driver.close(
    logHead === undefined ? undefined : encodeHeader({ ...header, clean: cleanMark(logHead, header.epoch) }),
  );
}

/** What ends the calls that wait while a store is closed; there may be many. */
export function closingController(): AbortController {
  const controller = new AbortController();
  admitListeners(controller.signal);
  return controller;
}

/** What a closed store answers. */
export function closedError(driver: StoreDriver): StoreClosedError {
  return new StoreClosedError(driver.name);
}

function firstHeader({ randomness }: SessionOptions): StoreHeader {
  return { version: FORMAT_VERSION, storeId: randomness.uuid(), epoch: 1 };
}

/** Salvage accepts that the log is shorter than it was, so the mark goes. */
function raised({ version, storeId, epoch, clean }: StoreHeader, salvage: boolean): StoreHeader {
  const next: StoreHeader = { version, storeId, epoch: epoch + 1 };
  return clean === undefined || salvage ? next : { ...next, clean };
}

function readHeader(
  { driver, clock, randomness }: SessionOptions,
  bytes: Uint8Array | undefined,
  salvage: boolean,
  losses: DriverLoss[],
): StoreHeader | undefined {
  if (bytes === undefined) return undefined;
  try {
    return decodeHeader(driver.name, bytes);
  } catch (error) {
    if (!salvage || !(error instanceof CorruptRecordError)) throw error;
    losses.push({ record: error.record, problem: error.message });
    // Above every epoch that the lost header can have counted to.
    return { version: FORMAT_VERSION, storeId: randomness.uuid(), epoch: clock.now() };
  }
}

async function checkLog(
  { driver }: SessionOptions,
  logHead: LogHead,
  stored: StoreHeader | undefined,
  salvage: boolean,
  losses: DriverLoss[],
): Promise<void> {
  if (stored?.clean === undefined) return;
  try {
    await checkCleanMark(driver, logHead, stored.clean);
  } catch (error) {
    if (!salvage || !(error instanceof CorruptRecordError)) throw error;
    losses.push({ record: error.record, problem: error.message });
  }
}
