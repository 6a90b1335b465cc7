/** What the process tells its caller. */
export const EXIT = {
  /** All went well. */
  ok: 0,
  /** The command failed, or found what should not be: violations, content that differs. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Stopped by SIGINT; what was done stays, and the same command goes on. */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;

/** A failure that one sentence explains to the person at the terminal. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line is wrong. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** One line for an error and its causes, without a stack. */
export function oneLine(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current !== undefined && parts.length < CAUSES_MAX) {
    const message = messageOf(current);
    if (!parts.some(part => part.includes(message))) parts.push(message);
    current = current instanceof Error ? current.cause : undefined;
  }
  return (
    parts
      .join(': ')
      // libp2p puts stacks into messages.
      .replace(/\n\s+at .*/g, '')
      .replace(/\s*\n\s*/g, ' ')
      .trim()
  );
}

const CAUSES_MAX = 4;

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'string' ? error : JSON.stringify(error);
}
