import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The project's top folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A program and what it is told. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Runs a program in the project's folder, with this terminal, and resolves with its exit code. */
export function runStep([program, ...args]: CommandLine, cwd = ROOT): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd, stdio: 'inherit' });
    child.on('error', error => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
