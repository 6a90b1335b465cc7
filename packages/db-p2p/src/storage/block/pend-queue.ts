import type { BlockId } from '@blockstrata/db-core';

type Ticket = { readonly blockIds: readonly BlockId[]; wake: () => void };

/** A place in the queue. */
export type QueuePlace = {
  /** Whether nobody who came earlier waits for one of the same blocks. */
  isFirst(): boolean;
  /** Resolves when it is worth another look: pendings went, or the queue moved. */
  changed(): Promise<void>;
  leave(): void;
};

/**
 * Those who wait until the pendings on their blocks are gone, first come first served: on every block the tickets lie
 * in the order in which they were drawn, so that no two can wait for each other.
 */
export class PendQueue {
  readonly #byBlock = new Map<BlockId, Set<Ticket>>();

  /** Draws a ticket for these blocks. */
  join(blockIds: readonly BlockId[]): QueuePlace {
    const ticket: Ticket = { blockIds, wake: () => undefined };
    let changed = nextChange(ticket);
    for (const blockId of blockIds) this.#ticketsOf(blockId).add(ticket);
    return {
      isFirst: () => blockIds.every(blockId => firstOf(this.#byBlock.get(blockId)) === ticket),
      changed: async () => {
        await changed;
        changed = nextChange(ticket);
      },
      leave: () => this.#leave(ticket),
    };
  }

  /** Pendings went from these blocks: those who are first there look again. */
  notify(blockIds: readonly BlockId[]): void {
    if (this.#byBlock.size === 0) return;
    for (const blockId of blockIds) firstOf(this.#byBlock.get(blockId))?.wake();
  }

  #leave(ticket: Ticket): void {
    for (const blockId of ticket.blockIds) {
      const tickets = this.#byBlock.get(blockId);
      tickets?.delete(ticket);
      if (tickets?.size === 0) this.#byBlock.delete(blockId);
    }
    this.notify(ticket.blockIds);
  }

  #ticketsOf(blockId: BlockId): Set<Ticket> {
    let tickets = this.#byBlock.get(blockId);
    if (tickets === undefined) this.#byBlock.set(blockId, (tickets = new Set()));
    return tickets;
  }
}

function firstOf(tickets: ReadonlySet<Ticket> | undefined): Ticket | undefined {
  return tickets?.values().next().value;
}

function nextChange(ticket: Ticket): Promise<void> {
  return new Promise(resolve => (ticket.wake = resolve));
}
