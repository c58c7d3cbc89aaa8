import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Never part of what a release is: made by running it, or by tools. */
const ignored = new Set(['node_modules', 'dist', '.alwayson', '.git', '.cache', 'coverage', 'test']);
const filesMax = 20_000;

/** SHA-256 (hex) over the names and contents of all files below the given folders and files, in a fixed order. */
export async function hashContent(paths: readonly string[], extra: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`extra ${text.length}\n${text}\n`);
  for (const path of paths) {
    for (const file of await listFiles(path)) {
      const content = await readFile(file);
      hash.update(`file ${file.slice(path.length)} ${content.length}\n`).update(content);
    }
  }
  return hash.digest('hex');
}

async function listFiles(path: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string) => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (ignored.has(entry.name)) continue;
      const full = join(folder, entry.name);
      if (entry.isDirectory()) await visit(full);
      else if (entry.isFile()) files.push(full);
      if (files.length > filesMax) throw new Error(`${path} holds more than ${filesMax} files.`);
    }
  };
  await visit(path);
  return files;
}
