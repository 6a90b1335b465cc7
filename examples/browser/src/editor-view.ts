import { element } from './element.js';
import { charactersOf, editBetween, shiftPlace, type Characters, type Edit } from './text-edit.js';

/** The text field: tells edits of the person, and takes those of others without losing the cursor. */
export class EditorView {
  readonly #field = element('text', HTMLTextAreaElement);
  readonly #card = this.#field.closest<HTMLElement>('.note')!;
  readonly #saved = element('saved', HTMLElement);
  #shown: Characters = [];
  #past = false;

  constructor(onEdit: (edit: Edit) => void) {
    this.#field.addEventListener('input', () => {
      const typed = charactersOf(this.#field.value);
      const edit = editBetween(this.#shown, typed);
      this.#shown = typed;
      if (edit !== undefined) onEdit(edit);
    });
  }

  /** Shows the newest text, to be edited; `remote` is what another tab changed in it. */
  showNow(text: Characters, remote?: Edit): void {
    const [start, end] = this.#selection();
    this.#show(text, false);
    const place = (at: number) => (remote === undefined ? at : shiftPlace(at, remote));
    this.#select(place(start), place(end));
  }

  /** Shows the text of a past revision, to be read. */
  showPast(text: Characters): void {
    this.#show(text, true);
  }

  get past(): boolean {
    return this.#past;
  }

  say(state: string): void {
    this.#saved.textContent = state;
  }

  focus(): void {
    this.#field.focus();
  }

  #show(text: Characters, past: boolean): void {
    this.#past = past;
    this.#card.dataset['past'] = String(past);
    this.#field.readOnly = past;
    const value = text.join('');
    if (this.#field.value !== value) this.#field.value = value;
    this.#shown = text;
  }

  #selection(): [number, number] {
    const { value, selectionStart, selectionEnd } = this.#field;
    return [charactersOf(value.slice(0, selectionStart)).length, charactersOf(value.slice(0, selectionEnd)).length];
  }

  #select(start: number, end: number): void {
    const unitsBefore = (place: number) => this.#shown.slice(0, place).join('').length;
    this.#field.setSelectionRange(unitsBefore(start), unitsBefore(end));
  }
}
