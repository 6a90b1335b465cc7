import type { MutantNumber } from './mutant.js';

/** What a test does with the mutants. */
export type Recorded = { readonly reached: ReadonlySet<MutantNumber>; readonly steps: number };

const NONE: MutantNumber = -1;

let mutantOn = NONE;
let reached = new Set<MutantNumber>();
let isRecording = false;
let steps = 0;
let stepsMax = Number.POSITIVE_INFINITY;

/** Thrown in the midst of the code by a mutant that does not end. */
class EndlessMutant extends TypeError {}

declare global {
  var mutantIsOn: (number: MutantNumber) => boolean;
}

globalThis.mutantIsOn = number => {
  if (isRecording) reached.add(number);
  if (++steps > stepsMax) throw new EndlessMutant('this takes many more steps than without the mutant');
  return number === mutantOn;
};

/** No mutant is on; what is reached is recorded until `stopRecording`. */
export function startRecording(): void {
  turnOn(NONE);
  reached = new Set();
  isRecording = true;
}

/** What was reached since `startRecording`, and how many switches were asked. */
export function stopRecording(): Recorded {
  isRecording = false;
  return { reached, steps };
}

/** From now on this mutant alone is on; none without a number. */
export function turnOn(number: MutantNumber = NONE): void {
  mutantOn = number;
  limitSteps(Number.POSITIVE_INFINITY);
}

/** How many switches may be asked from now on. */
export function limitSteps(max: number): void {
  steps = 0;
  stepsMax = max;
}
