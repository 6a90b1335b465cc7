/** A switch that breaks one guard on purpose: in `file`, `find` (which stands there once) becomes `replace`. */
export type SeededBug = {
  readonly name: string;
  /** The invariant whose guard it removes. */
  readonly invariant: `INV-${number}`;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The specs of the unmodified suite that are run, in this order, until one fails. */
  readonly specs: readonly string[];
};

/** The environment variable that turns one bug on. */
export const SEEDED_BUG_VARIABLE = 'SEEDED_BUG';
