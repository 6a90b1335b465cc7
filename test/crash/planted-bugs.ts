import type { DriverWrite, StoreDriver } from '@blockstrata/db-p2p/storage';
import type { Bug } from './messages.js';

/** Breaks a driver, to see whether the checks notice. */
export function plantBug(driver: StoreDriver, bug: Bug): void {
  if (bug === 'leave-out-the-sync') {
    const open = driver.open.bind(driver);
    driver.open = options => open({ ...options, durability: 'relaxed' });
    return;
  }
  const write = driver.write.bind(driver);
  let writes = 0;
  driver.write = async (batch: readonly DriverWrite[]) => {
    writes++;
    switch (bug) {
      case 'acknowledge-early':
        // Done one write later: what is acknowledged last is never done.
        return void setTimeout(() => void write(batch), 2);
      case 'half-a-batch': {
        const half = batch.length >>> 1;
        await write(batch.slice(0, half));
        // Long enough that some kills come between.
        await new Promise(resolve => setTimeout(resolve, 2));
        return write(batch.slice(half));
      }
      case 'drop-a-batch':
        return writes % 5 === 0 ? undefined : write(batch);
    }
  };
}
