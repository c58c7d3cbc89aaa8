import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { renderReferencePages } from './render-reference.ts';

/** Writes the reference pages that are made from the code: run it after a change of a command or of the manifest. */
const root = resolve(import.meta.dirname, '..');
for (const [file, content] of Object.entries(renderReferencePages())) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
  console.log(`wrote ${file}`);
}
