import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root: string = resolve(import.meta.dirname, '../../');

/** Files of the repository, tracked or about to be, from the root. */
export const files: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export const scriptFiles: readonly string[] = files.filter((file) => /\.tsx?$/.test(file));

/** Code that runs in production: not tests, not benchmarks. */
export const sourceFiles: readonly string[] = scriptFiles.filter(
  (file) => !/(^|\/)(test|e2e|bench)\//.test(file),
);
