import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const versionDeadlineMs = 5000;

/** Engines of a distribution stand in folders that a user's PATH may lack. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function toSystemPath(path = ''): string {
  const folders = path.split(delimiter).filter(Boolean);
  return [...folders, ...systemFolders.filter((folder) => !folders.includes(folder))].join(delimiter);
}

export function findProgram(
  name: string,
  folders = toSystemPath(process.env['PATH']).split(delimiter),
): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The folder with all of PostgreSQL's server programs, the newest version first. */
export function findPostgresFolder(): string | undefined {
  const packaged = [
    ...listVersions('/usr/lib/postgresql', (version) => `/usr/lib/postgresql/${version}/bin`),
    ...listVersions('/usr', (name) => `/usr/${name}/bin`, /^pgsql-(\d+)$/),
  ];
  const programs = ['postgres', 'initdb', 'pg_ctl', 'pg_basebackup', 'pg_rewind'];
  const folders = [...packaged, ...toSystemPath(process.env['PATH']).split(delimiter)];
  return folders.find((folder) => programs.every((program) => isExecutable(join(folder, program))));
}

function listVersions(parent: string, toFolder: (name: string) => string, pattern = /^(\d+)$/): string[] {
  try {
    const names = readdirSync(parent).filter((name) => pattern.test(name));
    const toNumber = (name: string) => Number(pattern.exec(name)?.[1]);
    return names.sort((a, b) => toNumber(b) - toNumber(a)).map(toFolder);
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

/** The first thing that looks like a version in what the program prints; undefined when it cannot be run. */
export async function readVersion(program: string, args: readonly string[]): Promise<string | undefined> {
  const output = await new Promise<string>((resolve) => {
    execFile(program, [...args], { timeout: versionDeadlineMs }, (error, stdout, stderr) =>
      resolve(error ? '' : `${stdout}${stderr}`),
    );
  });
  return /\d+\.\d+(\.\d+)?/.exec(output)?.[0];
}

export function isVersionAtLeast(found: string, wanted: string): boolean {
  const [a, b] = [found, wanted].map((version) => version.replace(/^v/, '').split('.').map(Number));
  for (const [index, part] of (b ?? []).entries()) {
    const difference = (a?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
