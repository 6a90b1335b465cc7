import { systemClock, type Clock } from '@blockstrata/db-core';

/** A clock that stands still, so that the same transactions always come to the same records. */
export const fixedClock: Clock = { ...systemClock, now: () => Date.UTC(2026, 0, 1) };
