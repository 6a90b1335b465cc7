import { CommandError } from '../errors.js';
import { BatchParser, type BatchAnswer } from './batch-parser.js';
import { startGit, type GitProcess } from './git-process.js';
import type { GitRepository } from './repository.js';

type Request = {
  readonly id: string;
  readonly what: string;
  readonly resolve: (content: Buffer) => void;
  readonly reject: (error: unknown) => void;
};

/** Reads blobs through one `git cat-file --batch`, which is started with the first of them. */
export class BlobReader {
  readonly #repository: GitRepository;
  readonly #blobBytesMax: number;
  readonly #requests: Request[] = [];
  #process: GitProcess | undefined;
  #failure: Error | undefined;

  /** A blob of more than `blobBytesMax` bytes is refused. */
  constructor(repository: GitRepository, blobBytesMax: number) {
    this.#repository = repository;
    this.#blobBytesMax = blobBytesMax;
  }

  /**
   * The content of a blob; `what` names it in errors. Any number of reads can be under way.
   *
   * @throws CommandError if it is missing, as in a partial clone, too large, or no blob.
   */
  read(id: string, what: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#process ??= this.#start();
      this.#requests.push({ id, what, resolve, reject });
      this.#process.child.stdin.write(`${id}\n`);
    });
  }

  /** Ends the process. Reads that are under way fail. */
  close(): void {
    this.#failure ??= new CommandError('the reader of git objects is closed');
    this.#process?.kill();
    this.#failAll();
  }

  #start(): GitProcess {
    const started = startGit(this.#repository, ['cat-file', '--batch']);
    void this.#receive(started);
    return started;
  }

  async #receive({ child, ended, kill }: GitProcess): Promise<void> {
    const parser = new BatchParser(this.#blobBytesMax);
    try {
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        for (const answer of parser.push(chunk)) this.#settle(answer);
      }
      await ended;
      throw new CommandError('git cat-file ended early');
    } catch (error) {
      this.#failure ??=
        error instanceof Error ? error : new CommandError('git cat-file failed', undefined, { cause: error });
      kill();
      this.#failAll();
    }
  }

  #settle(answer: BatchAnswer): void {
    const request = this.#requests.shift();
    if (request === undefined || answer.id !== request.id)
      throw new CommandError('git cat-file answered what was not asked');
    const { what } = request;
    if (answer.kind === 'object' && answer.type === 'blob') return request.resolve(answer.content);
    if (answer.kind === 'object') {
      return request.reject(new CommandError(`git has a ${answer.type} where ${what} should be`));
    }
    if (answer.kind === 'too-large') {
      const limit = `${this.#blobBytesMax} at most can be stored`;
      return request.reject(new CommandError(`${what} has ${answer.size} bytes: ${limit}`));
    }
    request.reject(
      new CommandError(
        `git object ${answer.id}, ${what}, is missing: the repository is damaged, or a partial clone that was never completed ('git fetch --refetch --no-filter' completes it)`,
      ),
    );
  }

  #failAll(): void {
    for (const { reject } of this.#requests.splice(0)) reject(this.#failure);
  }
}
