import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

/** Shows how far long work has come; on a terminal only. */
export interface ProgressBar {
  update(done: number, total?: number): void;
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };

/** Starts a bar on standard error, or nothing where that is no terminal. */
export function startProgress(terminal: Terminal, what: string, total: number): ProgressBar {
  if (terminal.stderr.isTTY !== true) return SILENT;
  const bar = new SingleBar({
    format: `${what} [{bar}] {value}/{total} · {eta_formatted} left`,
    stream: terminal.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  bar.start(total, 0);
  return {
    update(done, newTotal) {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
