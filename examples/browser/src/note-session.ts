import { blockIdsForTransforms, type IRepo, type Transforms } from '@blockstrata/db-core';
import { charactersOfNote, firstTransforms, readNote, transformsOf, EMPTY_NOTE, type Note } from './note.js';
import { applyEdit, editBetween, shiftEdit, type Characters, type Edit } from './text-edit.js';

/** What a session tells its page. */
export type SessionEvents = {
  /** The text has changed under this tab, by the edit of another. */
  onRemoteEdit(edit: Edit): void;
  /** A revision was committed by this tab, or has arrived from another. */
  onRevision(note: Note): void;
  /** A transaction of this tab is on disk; it took so long from the keystroke. */
  onCommitted(latencyMs: number): void;
  onFailure(error: Error): void;
};

type Attempt = { readonly trxId: string; readonly rev: number; readonly transforms: Transforms };

type Waiting = { edit: Edit; readonly since: number; attempt?: Attempt | undefined };

/**
 * Edits of one tab on the note: each is a transaction of its own, one after the other. If another tab was faster, the
 * edit is shifted past what that one wrote, and tried again.
 */
export class NoteSession {
  readonly #repo: IRepo;
  readonly #author: string;
  readonly #events: SessionEvents;
  #note: Note = EMPTY_NOTE;
  #queue: Waiting[] = [];
  #running = false;
  #again = false;

  constructor(repo: IRepo, author: string, events: SessionEvents) {
    this.#repo = repo;
    this.#author = author;
    this.#events = events;
  }

  /** The newest revision that this tab has seen. */
  get note(): Note {
    return this.#note;
  }

  /** Edits that are not on disk yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** The text with this tab's edits in it, committed or not. */
  get characters(): Characters {
    return this.#queue.reduce((text, { edit }) => applyEdit(text, edit), charactersOfNote(this.#note));
  }

  /** Reads the note; makes one of `text` where there is none. */
  async start(text: string): Promise<void> {
    this.#note = await readNote(this.#repo);
    if (this.#note.rev === 0) {
      const transforms = firstTransforms(text, this.#author);
      await this.#transact({ trxId: crypto.randomUUID(), rev: 1, transforms });
      this.#note = await readNote(this.#repo);
    }
    this.#events.onRevision(this.#note);
  }

  /** Takes an edit of {@link NoteSession.characters}; it is committed as soon as it can be. */
  edit(edit: Edit): void {
    this.#queue.push({ edit, since: performance.now() });
    this.#wake();
  }

  /** Looks whether there is a revision behind the one that this tab has seen. */
  refresh(): void {
    this.#again = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    this.#work()
      .catch((error: unknown) => this.#events.onFailure(error as Error))
      .finally(() => (this.#running = false));
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#queue[0];
      if (next !== undefined) await this.#commit(next);
      else if (this.#again) await this.#catchUp();
      else return;
    }
  }

  async #commit(waiting: Waiting): Promise<void> {
    const rev = this.#note.rev + 1;
    // After a failure whose outcome is unknown, the same transaction again is safe; another one might double the edit.
    waiting.attempt ??= {
      trxId: crypto.randomUUID(),
      rev,
      transforms: transformsOf(this.#note, waiting.edit, this.#author),
    };
    if (!(await this.#transact(waiting.attempt))) {
      waiting.attempt = undefined;
      await this.#catchUp();
      if (this.#note.rev < rev) throw new RangeError(`revision ${rev} was refused, and is not there`);
      return;
    }
    // Read back rather than computed: the page shows what the store holds.
    this.#note = await readNote(this.#repo, rev);
    this.#queue.shift();
    this.#events.onCommitted(performance.now() - waiting.since);
    this.#events.onRevision(this.#note);
  }

  async #transact({ trxId, rev, transforms }: Attempt): Promise<boolean> {
    const blockIds = blockIdsForTransforms(transforms);
    const pended = await this.#repo.pend({ trxId, transforms, rev, policy: 'c' });
    if (!pended.success) return false;
    const committed = await this.#repo.commit({ trxId, blockIds, rev });
    if (!committed.success) await this.#repo.cancel({ trxId, blockIds });
    return committed.success;
  }

  async #catchUp(): Promise<void> {
    this.#again = false;
    const newest = await readNote(this.#repo);
    if (newest.rev <= this.#note.rev) return;
    let remote = editBetween(charactersOfNote(this.#note), charactersOfNote(newest));
    this.#note = newest;
    for (const waiting of this.#queue) {
      if (remote === undefined) break;
      const own = waiting.edit;
      waiting.edit = shiftEdit(own, remote);
      remote = shiftEdit(remote, own);
    }
    if (remote !== undefined) this.#events.onRemoteEdit(remote);
    this.#events.onRevision(newest);
  }
}
