import { once } from 'node:events';
import type { ChildAnswer } from './child.js';

const [, , moduleUrl = ''] = process.argv;
const [{ input }] = (await once(process, 'message')) as [{ input: unknown }];
const answered = await answer(moduleUrl, input);
// A long answer takes several turns to be gone.
await new Promise(resolve => process.send?.(answered, resolve));
process.disconnect();

async function answer(url: string, given: unknown): Promise<ChildAnswer> {
  try {
    const task = (await import(url)) as { default(input: unknown): Promise<unknown> };
    return { output: await task.default(given) };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
