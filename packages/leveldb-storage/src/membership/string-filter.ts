const BLOCK_WORDS = 16;
const BLOCK_BITS = 512;
const BITS_PER_KEY = 16;
const PROBES = 6;

// It takes 512 KiB, then.
const DEFAULT_FILTER_KEYS_MAX = 256 * 1024;

/**
 * Which strings were added: of others it says so of about one in five hundred. A Bloom filter in blocks of 64 bytes, of
 * which a key needs one, so that a look costs one line of the processor's cache (Putze, Sanders, Singler: Cache-, Hash- and
 * Space-Efficient Bloom Filters, 2007).
 */
export class StringFilter {
  readonly #keysMax: number;
  readonly #blocks: number;
  readonly #words: Uint32Array;
  #keys = 0;

  constructor(keysMax: number = DEFAULT_FILTER_KEYS_MAX) {
    this.#keysMax = keysMax;
    this.#blocks = Math.ceil((keysMax * BITS_PER_KEY) / BLOCK_BITS);
    this.#words = new Uint32Array(this.#blocks * BLOCK_WORDS);
  }

  /** Whether it should take no more: what it says of others would be worth less and less. */
  get isFull(): boolean {
    return this.#keys >= this.#keysMax;
  }

  /** Adds a key. */
  add(key: string): void {
    this.#keys++;
    const { block, first, step } = probesOf(key, this.#blocks);
    for (let i = 0, bit = first; i < PROBES; i++, bit += step) {
      const word = block + ((bit >>> 5) & (BLOCK_WORDS - 1));
      this.#words[word] = (this.#words[word] ?? 0) | (1 << (bit & 31));
    }
  }

  /** Whether a key may have been added; `false`: it was not. */
  mayHold(key: string): boolean {
    const { block, first, step } = probesOf(key, this.#blocks);
    for (let i = 0, bit = first; i < PROBES; i++, bit += step) {
      const word = this.#words[block + ((bit >>> 5) & (BLOCK_WORDS - 1))] ?? 0;
      if ((word & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

// Two hashes of 32 bits, in the manner of FNV-1a with a last mixing as in MurmurHash3.
function probesOf(key: string, blocks: number): { block: number; first: number; step: number } {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
  }
  a = mixed(a);
  b = mixed(b);
  return { block: (a % blocks) * BLOCK_WORDS, first: b & (BLOCK_BITS - 1), step: (b >>> 9) | 1 };
}

function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
