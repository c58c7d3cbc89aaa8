import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AlwaysOnError, type ErrorCode } from '@alwayson/protocol/errors.ts';
import { toFolderError } from '../environment/write-file-durably.ts';

const run = promisify(execFile);
const gitDeadlineMs = 120_000;

export interface ExportedRevision {
  /** A temporary folder with the files as they were. */
  path: string;
  /** The full name of the commit. */
  commit: string;
  remove: () => Promise<void>;
}

/** The files of a folder at a revision of its git repository. What the folder holds now stays as it is. */
export async function exportRevision(folder: string, revision: string): Promise<ExportedRevision> {
  const commit = await findCommit(folder, revision);
  const temporary = await mkdtemp(join(tmpdir(), 'alwayson-export-'));
  const remove = () => rm(temporary, { recursive: true, force: true });
  const path = join(temporary, 'tree');
  try {
    await mkdir(path);
    const archive = join(temporary, 'export.tar');
    // In a folder of the repository, this is that folder only.
    await git(folder, ['archive', '--format=tar', `--output=${archive}`, commit], (reason) => ({
      code: 'AON_NOT_FOUND',
      message: `${folder} cannot be exported at ${revision}: ${reason}`,
      hint: 'Name a revision that has this folder.',
    }));
    await run('tar', ['-xf', archive, '-C', path], { timeout: gitDeadlineMs });
    await rm(archive);
    await linkPackages(folder, path);
    return { path, commit, remove };
  } catch (error) {
    await remove();
    throw error instanceof AlwaysOnError ? error : toFolderError(error, temporary);
  }
}

async function findCommit(folder: string, revision: string): Promise<string> {
  await git(folder, ['rev-parse', '--is-inside-work-tree'], (reason) => ({
    code: 'AON_USAGE',
    message: reason.includes('not a git repository') ? `${folder} is in no git repository.` : reason,
    hint: 'Deploy the folder without --revision.',
  }));
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  return git(folder, asked, () => ({
    code: 'AON_NOT_FOUND',
    message: `The git repository of ${folder} has no revision ${revision}.`,
    hint: 'See git log for those that exist; one of another machine has to be fetched first.',
  }));
}

interface Failure {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** What git prints; a failure of it is what `toFailure` makes of its reason. */
async function git(
  folder: string,
  args: readonly string[],
  toFailure: (reason: string) => Failure,
): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', folder, ...args], { timeout: gitDeadlineMs });
    return stdout.trim();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const { code, message, hint } = isMissing ? notInstalled : toFailure(toReason(error));
    throw new AlwaysOnError(code, message, { cause: error, hint });
  }
}

const notInstalled: Failure = {
  code: 'AON_PREREQUISITE_MISSING',
  message: 'git is not installed, and --revision needs it.',
  hint: 'Install it (on Debian: apt-get install git), or deploy the folder without --revision.',
};

/** What git itself said, in one line. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  return (said || error.message).split('\n')[0]?.replace(/^fatal: /, '') ?? '';
}

/** For the configuration file, which may import packages. The release links its own. */
async function linkPackages(folder: string, exported: string): Promise<void> {
  const place = join(exported, 'node_modules');
  const packages = findPackages(folder);
  if (packages !== undefined && !existsSync(place)) await symlink(packages, place);
}

function findPackages(folder: string): string | undefined {
  const packages = join(folder, 'node_modules');
  if (existsSync(packages)) return packages;
  return dirname(folder) === folder ? undefined : findPackages(dirname(folder));
}
