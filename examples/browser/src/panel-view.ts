import { element } from './element.js';
import type { BlockFigures, Figures } from './figures.js';

const PERSISTENCE: Record<Figures['persistence'], string> = {
  granted: 'The browser has promised to keep this data.',
  refused: 'The browser may evict this data when the device runs short.',
  asking: 'Asking the browser to keep this data…',
  unasked: '',
  unsupported: 'This browser cannot be asked to keep data.',
};

/** The figures of the store. */
export class PanelView {
  readonly #rows = element('block-rows', HTMLTableSectionElement);
  readonly #room = element('room', HTMLMeterElement);
  readonly #seen = new Map<string, number>();

  show(figures: Figures): void {
    say('revisions', count(figures.revisions));
    say('blocks', count(figures.blocksTotal));
    say('pendings', count(figures.pendings));
    say('persistence', PERSISTENCE[figures.persistence]);
    this.#showRoom(figures);
    this.#rows.replaceChildren(...figures.blocks.map(block => this.#row(block)));
  }

  showLatency(ms: number): void {
    say('latency', `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`);
  }

  #showRoom({ usageBytes, quotaBytes }: Figures): void {
    if (usageBytes === undefined || quotaBytes === undefined) return say('room-text', 'not told by this browser');
    this.#room.max = quotaBytes;
    this.#room.value = usageBytes;
    say('room-text', `${bytes(usageBytes)} of ${bytes(quotaBytes)}`);
  }

  #row({ id, rev, ranges, deleted, pendings }: BlockFigures): HTMLTableRowElement {
    const row = document.createElement('tr');
    row.classList.toggle('deleted', deleted);
    const known = this.#seen.get(id);
    row.classList.toggle('fresh', known !== undefined && known !== rev);
    this.#seen.set(id, rev);
    for (const text of [id, deleted ? `${rev}, deleted` : String(rev), ranges, String(pendings)])
      row.insertCell().textContent = text;
    return row;
  }
}

function say(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}

function count(value: number): string {
  return value.toLocaleString();
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${(value / 1000 ** power).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${units[power]}`;
}
