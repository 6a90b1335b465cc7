import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BatchParser, type BatchAnswer } from '../../src/git/batch-parser.js';
import { BlobReader } from '../../src/git/blob-reader.js';
import { openRepository } from '../../src/git/repository.js';
import { git, initRepository, temporaryFolder } from '../support/git-fixture.js';
import { SeededRandom } from '../support/seeded-random.js';

const MiB = 1024 * 1024;

const folder = temporaryFolder('blobs');
afterAll(() => folder.remove());

describe('the output of cat-file', () => {
  const output = Buffer.concat([
    Buffer.from('aa blob 5\n'),
    Buffer.from('x\n\0yz\n'),
    Buffer.from('bb missing\ncc blob 0\n\ndd blob 9\n123456789\nee tree 3\nabc\n'),
  ]);
  const answers = (parts: Buffer[]): BatchAnswer[] => {
    const parser = new BatchParser(8);
    return parts.flatMap(part => [...parser.push(part)]);
  };

  it('is cut into the same answers however it arrives', () => {
    const whole = answers([output]);
    expect(whole).toEqual([
      { kind: 'object', id: 'aa', type: 'blob', content: Buffer.from('x\n\0yz') },
      { kind: 'missing', id: 'bb' },
      { kind: 'object', id: 'cc', type: 'blob', content: Buffer.alloc(0) },
      { kind: 'too-large', id: 'dd', size: 9 },
      { kind: 'object', id: 'ee', type: 'tree', content: Buffer.from('abc') },
    ]);
    expect(answers(Array.from(output, byte => Buffer.from([byte])))).toEqual(whole);
    for (let cut = 0; cut <= output.length; cut++) {
      expect(answers([output.subarray(0, cut), output.subarray(cut)])).toEqual(whole);
    }
  });

  it('is refused where it is something else', () => {
    expect(() => answers([Buffer.from('hello world\n')])).toThrow(/cat-file printed/);
    expect(() => answers([Buffer.from('aa blob 1\nxx')])).toThrow(/wrong size/);
    expect(() => answers([Buffer.alloc(10_000, 'x')])).toThrow(/something else/);
  });
});

describe('a reader of blobs', () => {
  it('gives back many blobs of all sizes, asked for at once, from one process', async () => {
    const path = initRepository(join(folder.path, 'many'));
    const random = new SeededRandom(3);
    const contents = Array.from({ length: 300 }, (_, i) => random.bytes(i % 50 === 0 ? MiB : random.below(3_000)));
    const ids = contents.map(content => git(path, ['hash-object', '-w', '--stdin'], content).toString().trim());
    git(path, ['commit', '-q', '--allow-empty', '-m', 'x']);
    const reader = new BlobReader(await openRepository(path), 2 * MiB);
    const read = await Promise.all([...ids, ...ids].map(id => reader.read(id, 'it')));
    expect(read.every((content, i) => content.equals(contents[i % contents.length] ?? Buffer.alloc(0)))).toBe(true);
    reader.close();
    await expect(reader.read(ids[0] ?? '', 'it')).rejects.toThrow(/closed/);
  });

  it('says so where the remote of a partial clone is gone', async () => {
    const path = initRepository(join(folder.path, 'origin'));
    writeFileSync(join(path, 'file'), 'content');
    git(path, ['add', '.']);
    git(path, ['commit', '-q', '-m', 'x']);
    git(path, ['config', 'uploadpack.allowFilter', 'true']);
    const id = git(path, ['rev-parse', 'HEAD:file']).toString().trim();
    const clone = join(folder.path, 'partial');
    git(folder.path, ['clone', '-q', '--filter=blob:none', '--no-checkout', `file://${path}`, clone]);
    rmSync(path, { recursive: true });
    const reader = new BlobReader(await openRepository(clone), 100);
    await expect(reader.read(id, 'file')).rejects.toThrow(/^the repository is a partial clone, and its remote/);
    reader.close();
  });

  it('names what is missing, too large or no blob, and goes on with the rest', async () => {
    const path = initRepository(join(folder.path, 'bad'));
    writeFileSync(join(path, 'kept'), 'kept');
    writeFileSync(join(path, 'gone'), 'gone');
    git(path, ['add', '.']);
    git(path, ['commit', '-q', '-m', 'x']);
    const id = (name: string) => git(path, ['rev-parse', name]).toString().trim();
    const [kept, gone, tree] = [id('HEAD:kept'), id('HEAD:gone'), id('HEAD^{tree}')];
    rmSync(join(path, '.git', 'objects', gone.slice(0, 2), gone.slice(2)));
    expect(readdirSync(join(path, '.git', 'objects'))).toContain(kept.slice(0, 2));
    const reader = new BlobReader(await openRepository(path), 100);
    const reads = [gone, tree, kept].map((each, i) => reader.read(each, `path ${i}`));
    await expect(reads[0]).rejects.toThrow(/object \w+, path 0, is missing: .* partial clone/);
    await expect(reads[1]).rejects.toThrow(/a tree where path 1 should be/);
    expect((await reads[2])?.toString()).toBe('kept');
    reader.close();
    const narrow = new BlobReader(await openRepository(path), 3);
    await expect(narrow.read(kept, 'path 2')).rejects.toThrow('path 2 has 4 bytes: 3 at most can be stored');
    narrow.close();
  });
});
