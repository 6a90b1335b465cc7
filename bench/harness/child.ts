import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';

/**
 * Runs `task`, the default export of the module at `moduleUrl`, in a new process with nothing warm, and resolves with
 * what it returned. `input` and the answer travel as structured clones.
 *
 * @throws Error with the child's error if it fails.
 */
export async function runInNewProcess<Input, Output>(moduleUrl: URL, input: Input): Promise<Output> {
  // Beside the sources it is TypeScript, in dist it is not.
  const main = new URL(`./child-main${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  const child = fork(main, [moduleUrl.href], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  child.send({ input });
  const answers: ChildAnswer[] = [];
  child.on('message', message => answers.push(message as ChildAnswer));
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const answer = answers.at(-1);
  if (answer === undefined)
    throw new ChildFailedError(`${moduleUrl.href} ended with ${code ?? signal} and said nothing`);
  if ('failure' in answer) throw new ChildFailedError(answer.failure);
  return answer.output as Output;
}

/** What a child sends back. */
export type ChildAnswer = { readonly output: unknown } | { readonly failure: string };

/** A measurement in another process failed. */
export class ChildFailedError extends Error {
  override readonly name = 'ChildFailedError';
}
