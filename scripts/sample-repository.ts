import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const LINES = [
  'A store keeps blocks.',
  'A block has revisions.',
  'A revision is made by a transaction.',
  'A transaction is pending, and then committed.',
  'What is committed never changes.',
  'What was acknowledged is never lost.',
  'A reader sees all of a commit, or none of it.',
  'Any revision can be read again.',
];

const DATE = 1_700_000_000;

/**
 * Makes a small bare repository, the same every time, so that a store of it can be gone on with. It holds a text that
 * grows line by line, a binary file, a symbolic link, a deletion and a commit without changes.
 */
export function makeSampleRepository(path: string): string {
  if (existsSync(path)) rmSync(path, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', path], { stdio: 'pipe' });
  execFileSync('git', ['fast-import', '--quiet', '--date-format=raw'], { cwd: path, input: history(), stdio: 'pipe' });
  return path;
}

function history(): Buffer {
  const chunks: Buffer[] = [];
  const add = (text: string) => chunks.push(Buffer.from(text));
  const commit = (message: string) => {
    add('commit refs/heads/main\n');
    add(
      `committer Blockstrata <sample@example.com> ${DATE + chunks.length} +0000\ndata ${message.length}\n${message}\n`,
    );
  };
  const file = (mode: string, name: string, content: Buffer) => {
    add(`M ${mode} inline ${name}\ndata ${content.length}\n`);
    chunks.push(content, Buffer.from('\n'));
  };
  LINES.forEach((line, i) => {
    commit(`Write: ${line}`);
    const text = LINES.slice(0, i + 1).join('\n');
    file('100644', 'story.txt', Buffer.from(`${text}\n`));
    if (i === 2) file('100644', 'picture.bin', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    if (i === 3) file('120000', 'latest', Buffer.from('story.txt'));
  });
  commit('Change nothing');
  commit('Drop the picture');
  add('D picture.bin\n');
  return Buffer.concat(chunks);
}
