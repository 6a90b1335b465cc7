import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { BlockstrataError } from '@blockstrata/db-core';
import { addCancel } from './commands/cancel.js';
import { addRecover, addVerify } from './commands/check.js';
import type { CommandContext } from './commands/context.js';
import { addLog } from './commands/log.js';
import { addLs } from './commands/ls.js';
import { addMirror } from './commands/mirror.js';
import { addPendings } from './commands/pendings.js';
import { addReplay } from './commands/replay.js';
import { addServe } from './commands/serve.js';
import { addShow } from './commands/show.js';
import { addStats } from './commands/stats.js';
import { CommandError, EXIT, oneLine } from './errors.js';
import { Interrupted, Output, OutputClosed, type Terminal } from './output/terminal.js';

const HELP = `
Examples:
  $ blockstrata replay . --verify all        bring this repository's history in, and read all of it back
  $ blockstrata ls                           what is there
  $ blockstrata log README.md                its revisions
  $ blockstrata show README.md --rev 3       its content at one of them
  $ blockstrata verify                       is the store sound?

A file is named by its path, in quotes and with C escapes where 'ls' prints it so, or by the id of its block. Only
'replay' makes a store that is not there.

Exit codes:
  0    all went well
  1    the command failed, or found what should not be: violations, content that differs
  2    the command line is wrong
  130  stopped by SIGINT (143: SIGTERM); 'replay' goes on from there when it is started again
`;

/**
 * Runs one command line, without the program's own name, and resolves with the exit code. Nothing is thrown: an error is
 * one line on standard error.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT.ok;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    terminal.stderr.write(`blockstrata: ${withHint(error)}\n`);
    if (error instanceof CommandError || error instanceof Interrupted) return error.exitCode;
    return EXIT.failed;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('blockstrata');
  const context: CommandContext = { terminal, out: new Output(terminal.stdout) };
  program
    .description('Keep every revision of every block: replay a git history into a store, look around in it, mend it.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: text => void terminal.stdout.write(text),
      writeErr: text => void terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'blockstrata: ')),
    })
    .addHelpText('after', HELP);
  const local = [addReplay, addLog, addShow, addLs, addStats, addPendings, addCancel, addVerify, addRecover];
  for (const add of [...local, addServe, addMirror]) add(program, context);
  return program;
}

function withHint(error: unknown): string {
  const line = oneLine(error);
  const isDamage = error instanceof BlockstrataError && error.code === 'corrupt-record';
  return isDamage ? `${line}; 'blockstrata recover' mends what can be mended` : line;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
