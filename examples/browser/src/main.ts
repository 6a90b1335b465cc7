import { EditorView } from './editor-view.js';
import { element } from './element.js';
import { charactersOfNote, readNote, type Note } from './note.js';
import { NoteSession } from './note-session.js';
import { PanelView } from './panel-view.js';
import { SharedStore, type Role } from './shared-store.js';
import { editBetween, type Edit } from './text-edit.js';
import { TimelineView } from './timeline-view.js';

const STORE = 'blockstrata-demo';
const FIGURES_PAUSE_MS = 250;
const FIRST_TEXT = `Blocks and strata

Each line of this note is a block. Each keystroke is a transaction on the blocks that it touches:
it lands on all of them, or on none.

Move the slider below to see the note as it was.`;

const ROLES: Record<Role, string> = {
  owner: 'This tab has the store',
  guest: 'Another tab has the store; this one works through it',
  searching: 'Looking for the store…',
};

const author = `tab ${crypto.randomUUID().slice(0, 4)}`;
const store = new SharedStore(STORE);
const panel = new PanelView();
const editor = new EditorView(edit => session.edit(edit));
const timeline = new TimelineView({
  onRevision: rev => void showRevision(rev),
  onNow: showNow,
  onBringBack: bringBack,
});
const session = new NoteSession(store, author, {
  onRemoteEdit: edit => timeline.atEnd && editor.showNow(session.characters, edit),
  onRevision: note => showNewest(note),
  onCommitted: latencyMs => {
    panel.showLatency(latencyMs);
    editor.say(session.waiting === 0 ? 'Saved' : `${session.waiting} keystrokes on their way…`);
  },
  onFailure: error => alarm(error.message),
});

let shownPast: Note | undefined;
let figuresDue = false;

function alarm(message: string): void {
  const place = element('alarm', HTMLElement);
  place.textContent = message;
  place.hidden = false;
}

function showNewest(note: Note): void {
  timeline.extend(note.rev);
  if (timeline.atEnd) timeline.describe(note);
  else if (shownPast !== undefined) timeline.describe(shownPast);
  refreshFigures();
}

async function showRevision(rev: number): Promise<void> {
  if (timeline.atEnd) return showNow();
  const note = await readNote(store, rev);
  // The slider may have moved on while this was read.
  if (timeline.atEnd) return;
  shownPast = note;
  editor.showPast(charactersOfNote(note));
  timeline.describe(note);
}

function showNow(): void {
  shownPast = undefined;
  timeline.toEnd();
  editor.showNow(session.characters);
  timeline.describe(session.note);
  if (document.activeElement?.id !== 'slider') editor.focus();
}

function bringBack(): void {
  if (shownPast === undefined) return;
  const edit: Edit | undefined = editBetween(session.characters, charactersOfNote(shownPast));
  if (edit !== undefined) session.edit(edit);
  showNow();
}

// At most one reading of the figures in a while, however fast someone types.
function refreshFigures(): void {
  if (figuresDue) return;
  figuresDue = true;
  setTimeout(() => {
    figuresDue = false;
    store.figures().then(
      figures => panel.show(figures),
      (error: unknown) => alarm((error as Error).message),
    );
  }, FIGURES_PAUSE_MS);
}

function showRole(): void {
  const place = element('role', HTMLElement);
  place.dataset['role'] = store.role;
  place.textContent = ROLES[store.role];
  refreshFigures();
}

store.addEventListener('role', showRole);
store.addEventListener('committed', () => session.refresh());
store.addEventListener('failed', event => alarm((event as CustomEvent<string>).detail));
window.addEventListener('pagehide', () => void store.close());
window.addEventListener('pageshow', event => event.persisted && location.reload());

session.start(FIRST_TEXT).then(
  () => {
    editor.showNow(session.characters);
    editor.say('Saved');
    editor.focus();
  },
  (error: unknown) => alarm((error as Error).message),
);
