#!/usr/bin/env node
// Committed, so that npm can link the command before the first build.
try {
  await import('../dist/main.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('dist')) throw error;
  process.stderr.write("blockstrata: it is not built yet: run 'npm run build' in the project's folder\n");
  process.exitCode = 1;
}
