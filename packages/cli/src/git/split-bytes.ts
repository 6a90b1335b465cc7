/**
 * The pieces of a stream between single bytes `separator`, the last one too unless it is empty. It reads on only as fast
 * as the pieces are taken.
 */
export async function* splitBytes(stream: AsyncIterable<Uint8Array>, separator: number): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const bytes of stream) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(separator); end >= 0; end = chunk.indexOf(separator, start)) {
      yield rest.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
