import { InvalidRequestError, LimitExceededError } from '@blockstrata/db-core';

/** Raw DEFLATE of some bytes. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return collect(through(bytes, new CompressionStream('deflate-raw')), Number.MAX_SAFE_INTEGER);
}

/**
 * What was deflated. It stops at the cap, however far the rest would go (INV-12).
 *
 * @throws LimitExceededError · InvalidRequestError
 */
export async function inflate(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  try {
    return await collect(through(bytes, new DecompressionStream('deflate-raw')), bytesMax);
  } catch (cause) {
    if (cause instanceof LimitExceededError) throw cause;
    throw new InvalidRequestError('archive.deflated', 'cannot be inflated', { cause });
  }
}

function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): ReadableStream<Uint8Array> {
  const writer = transform.writable.getWriter();
  // A failure to write shows on the side that is read.
  writer.write(new Uint8Array(bytes)).catch(() => undefined);
  writer.close().catch(() => undefined);
  return transform.readable;
}

async function collect(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) {
      // What is still being inflated need not be waited for.
      reader.cancel().catch(() => undefined);
      throw new LimitExceededError('messageBytesMax', bytesMax, 'what was deflated is too long');
    }
    chunks.push(value);
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
