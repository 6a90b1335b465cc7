import type { ChildTask } from './messages.js';
import { storeOf } from './stores.js';

// Opens a store, which recovers it, and ends without closing it.
async function main({ backend, directory, durability }: ChildTask): Promise<void> {
  await storeOf(backend, directory, durability).open();
  process.exit(0);
}

main(JSON.parse(process.argv[2] ?? '') as ChildTask).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
