/** The command that runs one world again. */
export function repeatWorld(seed: number, number: number): string {
  return `BLOCKSTRATA_SEED=${seed} BLOCKSTRATA_PATH=${number} npx vitest run test/simulation/world.spec.ts -t 'keeps every promise'`;
}
