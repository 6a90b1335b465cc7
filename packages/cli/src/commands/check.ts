import type { Command } from 'commander';
import type { Progress, RecoverReport, VerifyReport, Violation } from '@blockstrata/db-p2p/storage';
import { CommandError } from '../errors.js';
import { counted } from '../output/format.js';
import { quotePath } from '../output/quote-path.js';
import { startProgress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';
import { withExistingStore } from '../store/open-store.js';
import { print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

/** `blockstrata verify`. */
export function addVerify(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('verify'))
    .description('check every record, history and copy of a store; changes nothing; exit code 1 if something is wrong')
    .addHelpText('after', '\nExample:\n  $ blockstrata verify && echo sound\n')
    .action((options: StoreOptions) => verify(options, context));
}

/** `blockstrata recover`. */
export function addRecover(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('recover'))
    .description('open a damaged store, mend what can be mended, and report what is lost; can be repeated')
    .addHelpText(
      'after',
      '\nKeep a copy of the folder first: what is given up here is gone.\n\nExample:\n  $ blockstrata recover --json\n',
    )
    .action((options: StoreOptions) => recover(options, context));
}

async function verify({ store: directory, json }: StoreOptions, context: CommandContext): Promise<void> {
  const report = await withExistingStore(directory, async ({ repo, storage }) => {
    await storage.open();
    return withProgress(context.terminal, options => repo.verify(options));
  });
  await print(context, json, report, () => formatVerifyReport(report));
  requireSound(report, `'blockstrata recover' mends what can be mended`);
}

async function recover({ store: directory, json }: StoreOptions, context: CommandContext): Promise<void> {
  const report = await withExistingStore(directory, ({ repo }) =>
    withProgress(context.terminal, options => repo.recover(options)),
  );
  await print(context, json, report, () => formatRecoverReport(report));
  requireSound(report.remaining, 'what is left can only come from another copy or from peers');
}

function requireSound({ violationsTotal }: VerifyReport, hint: string): void {
  if (violationsTotal > 0) throw new CommandError(`the store has ${counted(violationsTotal, 'violation')}: ${hint}`);
}

type Checking = { onProgress(progress: Progress): void; signal: AbortSignal };

async function withProgress<T>(terminal: Terminal, check: (options: Checking) => Promise<T>): Promise<T> {
  let phase = '';
  let bar = startProgress(terminal, 'checking', 0);
  try {
    return await check({
      signal: terminal.signal,
      onProgress(progress) {
        if (progress.phase !== phase) {
          bar.stop();
          phase = progress.phase;
          bar = startProgress(terminal, phase, progress.total ?? 0);
        }
        bar.update(progress.done, progress.total ?? progress.done);
      },
    });
  } finally {
    bar.stop();
  }
}

function formatVerifyReport(report: VerifyReport): string {
  const { blocks, revisions, records, logEntries, violations, violationsTotal } = report;
  const counts = [
    counted(blocks, 'block'),
    counted(revisions, 'revision'),
    counted(records, 'record'),
    counted(logEntries, 'log entry', 'log entries'),
  ];
  const lines = violations.map(formatViolation);
  if (violationsTotal > violations.length) lines.push(`… and ${violationsTotal - violations.length} more`);
  return [
    ...lines,
    `checked ${counts.join(', ')}: ${violationsTotal === 0 ? 'sound' : counted(violationsTotal, 'violation')}`,
  ].join('\n');
}

function formatRecoverReport({ mended, losses, remaining }: RecoverReport): string {
  return [
    ...losses.map(({ record, problem }) => `lost: ${quotePath(record)}: ${problem}`),
    ...mended.map(violation => `mended: ${formatViolation(violation)}`),
    formatVerifyReport(remaining),
  ].join('\n');
}

function formatViolation({ kind, problem, record, blockId, rev, trxId }: Violation): string {
  const where = [
    record === undefined ? undefined : quotePath(record),
    blockId === undefined ? undefined : `block ${quotePath(blockId)}`,
    rev === undefined ? undefined : `revision ${rev}`,
    trxId === undefined ? undefined : `transaction ${quotePath(trxId)}`,
  ].filter(part => part !== undefined);
  return `${kind}: ${where.join(', ')}: ${problem}`;
}
