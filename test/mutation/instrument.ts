import type { Mutant, MutantNumber } from './mutant.js';

type Insertion = { readonly at: number; readonly text: string };

/**
 * The text with all its mutants in it, each behind a switch: the code is loaded once, and a number decides which of them is on.
 * The original text stays where it is, so that mutants may stand within others.
 *
 * @param first number of the first mutant; the others follow
 */
export function instrument(text: string, mutants: readonly Mutant[], first: MutantNumber): string {
  const outermostFirst = [...mutants.entries()]
    .map(([i, mutant]) => ({ ...mutant, number: first + i }))
    .toSorted((a, b) => a.host.start - b.host.start || b.host.end - a.host.end);
  const opening: Insertion[] = [];
  const closing: Insertion[] = [];
  for (const { host, variant, number } of outermostFirst) {
    const isOn = `globalThis.mutantIsOn(${number})`;
    opening.push({
      at: host.start,
      text: host.isStatement ? `{ if (${isOn}) ${variant} else ` : `(${isOn} ? (${variant}) : `,
    });
    closing.unshift({ at: host.end, text: host.isStatement ? ' }' : ')' });
  }
  // Where one ends and another begins, the end comes first.
  const insertions = [...closing, ...opening].toSorted((a, b) => a.at - b.at);
  let instrumented = '';
  let from = 0;
  for (const { at, text: inserted } of insertions) {
    instrumented += text.slice(from, at) + inserted;
    from = at;
  }
  return instrumented + text.slice(from);
}
