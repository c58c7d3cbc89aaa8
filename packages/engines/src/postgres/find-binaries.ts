import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

export interface PostgresBinaries {
  /** The folder with postgres, initdb, pg_basebackup, pg_rewind, pg_controldata, pg_dump, pg_restore. */
  dir: string;
}

const needed = [
  'postgres',
  'initdb',
  'pg_basebackup',
  'pg_rewind',
  'pg_controldata',
  'pg_dump',
  'pg_restore',
];
/** Folders that hold one folder per version: distributions keep servers out of PATH. */
const versionedRoots = [
  { root: '/usr/lib/postgresql', toBin: (name: string) => join(name, 'bin') },
  { root: '/usr', toBin: (name: string) => (name.startsWith('pgsql-') ? join(name, 'bin') : '') },
  {
    root: '/opt/homebrew/opt',
    toBin: (name: string) => (name.startsWith('postgresql@') ? join(name, 'bin') : ''),
  },
  {
    root: '/usr/local/opt',
    toBin: (name: string) => (name.startsWith('postgresql@') ? join(name, 'bin') : ''),
  },
];

/** Finds PostgreSQL's programs: PATH first, then the newest version that is installed. Throws AON_PREREQUISITE_MISSING. */
export function findPostgresBinaries(path = process.env.PATH ?? ''): PostgresBinaries {
  const candidates = [...path.split(delimiter).filter((dir) => dir !== ''), ...listVersionedDirs()];
  const dir = candidates.find((candidate) => needed.every((name) => isExecutable(join(candidate, name))));
  if (dir !== undefined) return { dir };
  throw new AlwaysOnError(
    'AON_PREREQUISITE_MISSING',
    `No folder has all of PostgreSQL's programs (${needed.join(', ')}).`,
  );
}

function listVersionedDirs(): string[] {
  return versionedRoots.flatMap(({ root, toBin }) => {
    const names = listNames(root).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    return names
      .map(toBin)
      .filter((bin) => bin !== '')
      .map((bin) => join(root, bin));
  });
}

function listNames(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
