import { parseArgs } from 'node:util';

/** What a question is asked with. */
export type Arguments = {
  readonly question: string;
  readonly small: boolean;
  readonly json: string | undefined;
  readonly profile: boolean;
  /** Who is profiled. */
  readonly of: string;
  readonly pairs: number;
  /** Only the figures whose names contain all of these. */
  readonly only: readonly string[];
};

/** Rounds of a full run. */
export const FULL_PAIRS = 15;

/** Rounds of a small run. */
export const SMALL_PAIRS = 3;

/** Who is profiled where nobody is named. */
export const DEFAULT_PROFILED = 'blockstrata';

/** How to call the command. */
export const USAGE = `npm run bench -- <question> [--small] [--json FILE] [--only TEXT] [--pairs N] [--profile]

  --small       small sizes, ${SMALL_PAIRS} pairs: does it work? Its figures mean little
  --json FILE   write the same for programs
  --only TEXT   only the figures whose names contain it; given twice, both
  --pairs N     rounds in which everyone runs once (default ${FULL_PAIRS}, small ${SMALL_PAIRS})
  --profile     one contender alone, under the profiler: prints where its time goes, and leaves .cpuprofile files
  --of NAME     who is profiled (default ${DEFAULT_PROFILED})`;

/** Reads the command line. @throws TypeError with what is wrong in it. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      small: { type: 'boolean', default: false },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      pairs: { type: 'string' },
      of: { type: 'string', default: DEFAULT_PROFILED },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const [question] = positionals;
  if (question === undefined || positionals.length > 1) throw new TypeError('name one question');
  const pairs = Number(values.pairs ?? (values.small ? SMALL_PAIRS : FULL_PAIRS));
  if (!Number.isSafeInteger(pairs) || pairs < 1) throw new TypeError('--pairs must be a positive integer');
  return {
    question,
    small: values.small,
    json: values.json,
    profile: values.profile,
    of: values.of,
    pairs,
    only: values.only,
  };
}
