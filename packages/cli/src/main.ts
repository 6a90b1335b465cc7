#!/usr/bin/env node
import { EXIT } from './errors.js';
import { Interrupted } from './output/terminal.js';
import { run } from './program.js';

const stop = new AbortController();

for (const [signalName, exitCode] of [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const) {
  process.on(signalName, () => {
    // The second time the person means at once.
    if (stop.signal.aborted) process.exit(exitCode);
    stop.abort(new Interrupted(signalName, exitCode));
  });
}
// Nobody to complain to is no reason to fail.
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
});
