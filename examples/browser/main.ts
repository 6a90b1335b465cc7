import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSite, serveSite } from './site.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, out: { type: 'string' } } });
const site = await buildSite();
if (values.out === undefined) {
  const { url } = await serveSite(site, Number(values.port));
  console.log(`The demo is at ${url}: open it in two tabs. Ctrl+C ends it.`);
} else {
  await mkdir(values.out, { recursive: true });
  for (const [path, { content }] of site) {
    await writeFile(join(values.out, path === '/' ? 'index.html' : path.slice(1)), content);
  }
  console.log(`The demo is in ${values.out}: serve it with any web server.`);
}
