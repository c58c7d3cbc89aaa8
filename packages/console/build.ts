import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** `node build.ts OUTDIR` writes the console as static files (index.html, assets/) to OUTDIR. */
const outDir = process.argv[2];
if (outDir === undefined) {
  console.error('Usage: node build.ts OUTDIR');
  process.exit(2);
}
const root = fileURLToPath(new URL('.', import.meta.url));
await build({
  root,
  configFile: resolve(root, 'vite.config.ts'),
  // Node runs the TypeScript itself: nothing is written beside the sources.
  configLoader: 'native',
  logLevel: 'warn',
  // Never emptied: OUTDIR is the caller's, and a wrong one must not lose anything.
  build: { outDir: resolve(outDir), emptyOutDir: false },
});
