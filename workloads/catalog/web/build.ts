import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'vite';
import config from './vite.config.ts';

/**
 * Builds the front end into ALWAYSON_BUILD_DIR as one document with its script and styles inside.
 *
 * During a rollout two releases serve side by side, and every request may reach either. A page that names hashed
 * files would then ask the other release for files it does not have. One document cannot be torn in two.
 */
async function main(): Promise<void> {
  const buildDir = process.env['ALWAYSON_BUILD_DIR'];
  if (!buildDir) throw new Error('ALWAYSON_BUILD_DIR is not set: name the folder to build into.');
  const outDir = resolve(buildDir);
  await build({ ...config, configFile: false, build: { ...config.build, outDir } });
  const document = join(outDir, 'index.html');
  const html = await renderOneDocument(await readFile(document, 'utf8'), outDir);
  await writeFile(document, html);
  await rm(join(outDir, 'assets'), { recursive: true });
  await writeFile(`${document}.br`, await promisify(brotliCompress)(html));
  await writeFile(`${document}.gz`, await promisify(gzip)(html));
}

async function renderOneDocument(html: string, outDir: string): Promise<string> {
  const script = takeOut(html, /\s*<script type="module"[^>]*\bsrc="(\/assets\/[^"]+)"[^>]*><\/script>/g);
  const style = takeOut(script.rest, /\s*<link rel="stylesheet"[^>]*\bhref="(\/assets\/[^"]+)"[^>]*>/g);
  // Inside an inline script these two would end it or change how it is read; in a string the escape means the same.
  const code = (await readFile(join(outDir, script.path), 'utf8'))
    .trim()
    .replaceAll(/<(?=\/script)/gi, '\\x3C')
    .replaceAll('<!--', '\\x3C!--');
  const css = (await readFile(join(outDir, style.path), 'utf8')).trim();
  // Replacement functions, because `$` has a meaning in replacement strings.
  return style.rest
    .replace('</head>', () => `<style>${css}</style>\n  </head>`)
    .replace('</body>', () => `<script type="module">${code}</script>\n  </body>`);
}

/** Takes the one reference out of the document. Any other count means that the bundler's output has changed. */
function takeOut(html: string, reference: RegExp): { rest: string; path: string } {
  const found = [...html.matchAll(reference)];
  const path = found[0]?.[1];
  if (path === undefined || found.length > 1) {
    throw new Error(
      `Expected one reference like ${reference} in the built index.html, found ${found.length}.`,
    );
  }
  return { rest: html.replace(reference, ''), path };
}

await main();
