import { element } from './element.js';
import type { Note } from './note.js';

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The slider over the revisions. */
export class TimelineView {
  readonly #slider = element('slider', HTMLInputElement);
  readonly #revision = element('revision', HTMLOutputElement);
  readonly #written = element('written', HTMLElement);
  readonly #now = element('now', HTMLButtonElement);
  readonly #bringBack = element('bring-back', HTMLButtonElement);

  constructor(events: { onRevision(rev: number): void; onNow(): void; onBringBack(): void }) {
    this.#slider.addEventListener('input', () => events.onRevision(this.#slider.valueAsNumber));
    this.#now.addEventListener('click', () => events.onNow());
    this.#bringBack.addEventListener('click', () => events.onBringBack());
  }

  /** Whether the slider stands on the newest revision. */
  get atEnd(): boolean {
    return this.#slider.value === this.#slider.max;
  }

  /** There is a newer revision; a slider at the end stays at the end. */
  extend(rev: number): void {
    const stay = this.atEnd;
    this.#slider.max = String(rev);
    this.#slider.disabled = rev < 2;
    if (stay) this.#slider.value = String(rev);
  }

  toEnd(): void {
    this.#slider.value = this.#slider.max;
  }

  /** Says which revision is shown. */
  describe(note: Note): void {
    const past = !this.atEnd;
    const text = `${past ? 'Revision' : 'Now: revision'} ${note.rev} of ${this.#slider.max}`;
    this.#revision.textContent = text;
    this.#slider.setAttribute('aria-valuetext', text);
    this.#written.textContent = note.rev === 0 ? '' : `${clock.format(note.at)} by ${note.by}`;
    this.#now.hidden = !past;
    this.#bringBack.hidden = !past;
  }
}
