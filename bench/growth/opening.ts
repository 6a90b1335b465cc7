import type { Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import { timed } from '../harness/timed.js';
import { openOurs, type Backend } from '../stores/open-ours.js';
import { OURS } from '../stores/ours.js';
import { openRawLevel, RAW_LEVEL } from '../stores/raw-level.js';
import { largeStore } from './large-store.js';

/** How long opening takes after a clean shutdown. */
export function openingAtSize(backend: Backend, blocks: number, scratch: Scratch): Figure {
  return {
    name: `growth: opening, ${backend}, at ${blocks} blocks`,
    unit: 'ms',
    async prepare() {
      const { directory } = await largeStore(backend, blocks, scratch);
      const openOurStore = async () => {
        const { storage } = openOurs(backend, directory, { durability: 'relaxed' });
        const value = await timed(async () => void (await storage.open()));
        await storage.close();
        return { value };
      };
      const openRaw = async () => {
        const begun = performance.now();
        const db = await openRawLevel(directory);
        const value = performance.now() - begun;
        await db.close();
        return { value };
      };
      const peers = backend === 'LevelDB' ? [{ name: RAW_LEVEL, run: openRaw }] : [];
      return { ours: { name: OURS, run: openOurStore }, peers };
    },
  };
}
