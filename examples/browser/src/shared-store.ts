import type {
  BlockGets,
  CommitRequest,
  CommitResult,
  GetBlockResult,
  IRepo,
  PendRequest,
  PendResult,
  TrxBlocks,
} from '@blockstrata/db-core';
import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { IndexedDBRawStorage } from '@blockstrata/indexeddb-storage';
import { gatherFigures, type Figures } from './figures.js';

/** Whether this tab has the store, works through the tab that has it, or looks for one. */
export type Role = 'owner' | 'guest' | 'searching';

type Method = 'get' | 'pend' | 'commit' | 'cancel' | 'figures';

type Message =
  | { readonly type: 'who' }
  | { readonly type: 'owner' }
  | { readonly type: 'committed'; readonly rev: number }
  | { readonly type: 'call'; readonly id: string; readonly method: Method; readonly argument: unknown }
  | { readonly type: 'answer'; readonly id: string; readonly result?: unknown; readonly failure?: string };

type Call = {
  readonly method: Method;
  readonly argument: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
};

/**
 * One store for all tabs. The tab that has the lock is its owner and answers for it; the others send it their calls.
 * When the owner goes away, even by a crash, the tab that waited longest becomes the owner, and every call that has no
 * answer yet is made again: repeating a transaction under its id is safe.
 */
export class SharedStore extends EventTarget implements IRepo {
  readonly #channel: BroadcastChannel;
  readonly #storage: IndexedDBRawStorage;
  readonly #repo: StorageRepo;
  readonly #calls = new Map<string, Call>();
  #role: Role = 'searching';

  constructor(name: string) {
    super();
    this.#channel = new BroadcastChannel(`blockstrata demo: ${name}`);
    this.#storage = new IndexedDBRawStorage(name, {
      wait: true,
      persist: true,
      onVanished: error => this.#fail(error),
    });
    this.#repo = new StorageRepo(blockId => new BlockStorage(blockId, this.#storage), { storage: this.#storage });
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#send({ type: 'who' });
    this.#storage.open().then(
      () => this.#become(),
      (error: unknown) => this.#fail(error as Error),
    );
  }

  get role(): Role {
    return this.#role;
  }

  get(gets: BlockGets): Promise<Record<string, GetBlockResult>> {
    return this.#call('get', gets) as Promise<Record<string, GetBlockResult>>;
  }

  pend(request: PendRequest): Promise<PendResult> {
    return this.#call('pend', request) as Promise<PendResult>;
  }

  commit(request: CommitRequest): Promise<CommitResult> {
    return this.#call('commit', request) as Promise<CommitResult>;
  }

  async cancel(trx: TrxBlocks): Promise<void> {
    await this.#call('cancel', trx);
  }

  /** What the panel shows. */
  figures(): Promise<Figures> {
    return this.#call('figures', undefined) as Promise<Figures>;
  }

  /** Lets another tab have the store at once. */
  async close(): Promise<void> {
    this.#channel.close();
    await this.#storage.close();
  }

  #become(): void {
    this.#repo.addEventListener('commit', ({ detail }) => {
      this.#send({ type: 'committed', rev: detail.rev });
      this.dispatchEvent(new CustomEvent('committed', { detail: detail.rev }));
    });
    this.#setRole('owner');
    this.#send({ type: 'owner' });
    for (const id of [...this.#calls.keys()]) void this.#make(id);
  }

  #hear(message: Message): void {
    switch (message.type) {
      case 'who':
        if (this.#role === 'owner') this.#send({ type: 'owner' });
        break;
      case 'owner':
        this.#setRole('guest');
        for (const id of [...this.#calls.keys()]) void this.#make(id);
        break;
      case 'committed':
        this.dispatchEvent(new CustomEvent('committed', { detail: message.rev }));
        break;
      case 'call':
        if (this.#role === 'owner') void this.#serve(message.id, message.method, message.argument);
        break;
      case 'answer':
        this.#settle(message.id, message.failure, message.result);
    }
  }

  #call(method: Method, argument: unknown): Promise<unknown> {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { method, argument, resolve, reject });
      void this.#make(id);
    });
  }

  async #make(id: string): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined || this.#role === 'searching') return;
    if (this.#role === 'guest') return this.#send({ type: 'call', id, method: call.method, argument: call.argument });
    try {
      this.#settle(id, undefined, await this.#run(call.method, call.argument));
    } catch (error) {
      this.#settle(id, (error as Error).message, undefined);
    }
  }

  async #serve(id: string, method: Method, argument: unknown): Promise<void> {
    try {
      this.#send({ type: 'answer', id, result: await this.#run(method, argument) });
    } catch (error) {
      this.#send({ type: 'answer', id, failure: (error as Error).message });
    }
  }

  #run(method: Method, argument: unknown): Promise<unknown> {
    switch (method) {
      case 'get':
        return this.#repo.get(argument as BlockGets);
      case 'pend':
        return this.#repo.pend(argument as PendRequest);
      case 'commit':
        return this.#repo.commit(argument as CommitRequest);
      case 'cancel':
        return this.#repo.cancel(argument as TrxBlocks);
      case 'figures':
        return gatherFigures(this.#storage, this.#repo);
    }
  }

  #settle(id: string, failure: string | undefined, result: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined || !this.#calls.delete(id)) return;
    if (failure === undefined) call.resolve(result);
    else call.reject(new StoreFailure(failure));
  }

  #setRole(role: Role): void {
    if (role === this.#role) return;
    this.#role = role;
    this.dispatchEvent(new Event('role'));
  }

  #fail(error: Error): void {
    this.dispatchEvent(new CustomEvent('failed', { detail: error.message }));
  }

  #send(message: Message): void {
    this.#channel.postMessage(message);
  }
}

/** The store, here or in another tab, could not do what it was asked for. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}
