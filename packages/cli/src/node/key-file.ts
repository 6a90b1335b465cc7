import { open, readFile } from 'node:fs/promises';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { CommandError } from '../errors.js';

/**
 * The key in a file, which makes the node the same peer each time; a new one where the file is missing. Only its owner can
 * read the file.
 *
 * @throws CommandError if the file holds no key.
 */
export async function loadKey(path: string): Promise<PrivateKey> {
  const stored = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stored === undefined) return createKey(path);
  try {
    return privateKeyFromProtobuf(stored);
  } catch (cause) {
    throw new CommandError(`${path} holds no key of a node`, undefined, { cause });
  }
}

async function createKey(path: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519');
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(privateKeyToProtobuf(key));
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}
