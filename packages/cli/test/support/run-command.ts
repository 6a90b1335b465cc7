import { PassThrough } from 'node:stream';
import { run } from '../../src/program.js';

/** What a command did in this process. */
export type CommandResult = { exitCode: number; stdout: Buffer; text: string; stderr: string };

/** Runs a command line in this process. */
export async function runCommand(
  argv: readonly string[],
  signal = new AbortController().signal,
): Promise<CommandResult> {
  const stdout = gathered();
  const stderr = gathered();
  const exitCode = await run(argv, { stdout: stdout.stream, stderr: stderr.stream, signal });
  const bytes = stdout.bytes();
  return { exitCode, stdout: bytes, text: bytes.toString('utf8'), stderr: stderr.bytes().toString('utf8') };
}

/** Runs a command line that has to succeed, and parses the JSON that it prints. */
export async function runJson<T>(...argv: string[]): Promise<T> {
  const { exitCode, text, stderr } = await runCommand([...argv, '--json']);
  if (exitCode !== 0) throw new TypeError(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(text) as T;
}

function gathered(): { stream: PassThrough; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, bytes: () => Buffer.concat(chunks) };
}
