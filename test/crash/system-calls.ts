/** One system call that succeeded, as strace wrote it down. */
export type SystemCall = {
  readonly name: string;
  /** Its strings, decoded. */
  readonly strings: readonly Buffer[];
  /** Its other arguments, in words; a string in between is empty. */
  readonly words: readonly string[];
  readonly result: number;
};

/** A call begins, or ends; those of several threads overlap. */
export type SystemCallEvent =
  | { readonly kind: 'begins'; readonly thread: string; readonly name: string; readonly words: readonly string[] }
  | { readonly kind: 'ends'; readonly thread: string; readonly call: SystemCall };

/** What strace is to write down: all that changes files. */
export const STRACE_OPTIONS: readonly string[] = [
  '-f',
  '-xx',
  '-s',
  '16777216',
  '-e',
  'signal=none',
  '-e',
  `trace=${[
    ...['open', 'openat', 'creat', 'close', 'write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync'],
    ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat'],
    ...['ftruncate', 'truncate', 'lseek', 'fallocate', 'msync', 'sync_file_range', 'sync', 'syncfs'],
  ].join()}`,
];

const WHOLE = /^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)/;
const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?)/;

/** Reads what strace wrote. */
export function* parseStrace(text: string): Generator<SystemCallEvent> {
  const begun = new Map<string, string>();
  for (const line of text.split('\n')) {
    const started = BEGUN.exec(line);
    const resumed = RESUMED.exec(line);
    const whole = resumed === null ? WHOLE.exec(line) : null;
    if (started !== null) {
      const [, thread = '', name = '', args = ''] = started;
      begun.set(thread, args);
      yield { kind: 'begins', thread, name, words: wordsOf(args) };
    } else if (resumed !== null) {
      const [, thread = '', name = '', rest = '', result = ''] = resumed;
      yield* ended(thread, name, (begun.get(thread) ?? '') + rest, result);
    } else if (whole !== null) {
      const [, thread = '', name = '', args = '', result = ''] = whole;
      yield { kind: 'begins', thread, name, words: wordsOf(args) };
      yield* ended(thread, name, args, result);
    }
  }
}

function* ended(thread: string, name: string, args: string, result: string): Generator<SystemCallEvent> {
  const value = Number(result);
  if (!(value >= 0)) return;
  yield { kind: 'ends', thread, call: { name, strings: stringsOf(args), words: wordsOf(args), result: value } };
}

function stringsOf(args: string): Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
  );
}

function wordsOf(args: string): string[] {
  return args
    .replaceAll(/"(?:\\x[0-9a-f]{2})*"/g, '')
    .split(',')
    .map(word => word.trim());
}
