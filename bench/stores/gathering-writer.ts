/**
 * The simplest group commit: while one write is under way the next batches gather, and go down together. `write` gets all
 * steps of a group, in order.
 */
export class GatheringWriter<Step> {
  readonly #write: (steps: Step[]) => Promise<void>;
  #steps: Step[] = [];
  #next: Promise<void> | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(write: (steps: Step[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the write that holds these steps is done. */
  submit(steps: readonly Step[]): Promise<void> {
    for (const step of steps) this.#steps.push(step);
    return (this.#next ??= this.#afterTheOneUnderWay());
  }

  async #afterTheOneUnderWay(): Promise<void> {
    await this.#underWay;
    const steps = this.#steps;
    this.#steps = [];
    this.#next = undefined;
    this.#underWay = this.#write(steps);
    await this.#underWay;
  }
}
