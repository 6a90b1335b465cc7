import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { parseInteger } from '../output/format.js';
import { toJson } from '../output/json.js';
import type { Output, Terminal } from '../output/terminal.js';

/** What every command works with. */
export type CommandContext = { readonly terminal: Terminal; readonly out: Output };

/** Where stores are looked for, unless `--store` says otherwise. */
export const DEFAULT_STORE = '.blockstrata';

/** The options that all commands which look into a store share. */
export type StoreOptions = { store: string; json?: boolean };

/** Adds `--store` and `--json`. */
export function withStoreOptions(command: Command): Command {
  return command
    .option('--store <dir>', 'the folder of the store', DEFAULT_STORE)
    .option('--json', 'print JSON for programs');
}

/** An option whose value is a whole number from `min`. */
export function integerOption(flags: string, description: string, min: number): Option {
  return new Option(flags, description).argParser(argumentParser(text => parseInteger(text, min)));
}

/** Lets commander name the option that a value is wrong for. */
export function argumentParser<T>(parse: (text: string) => T): (text: string) => T {
  return text => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** Prints a result: as JSON where that was asked for, else as text. */
export async function print(
  { out }: CommandContext,
  json: boolean | undefined,
  value: unknown,
  text: () => string,
): Promise<void> {
  await out.line(json === true ? toJson(value) : text());
}
