import { chmod, mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import { copyContent } from './copy-content.ts';
import { makeRunnable } from './make-runnable.ts';
import { toBrokenRelease, toPrepareError } from './prepare-failure.ts';
import { createPrepareLog } from './prepare-log.ts';
import type { CopiedContent, Preparation, PrepareInput } from './preparation.ts';
import { writeDocuments } from './release-documents.ts';
import type { PackagesStore } from './packages-store.ts';
import { removeFolder, sealFolder, syncFolder, syncNames } from './release-folders.ts';
import { CommandFailure } from './run-isolated.ts';

export interface PrepareContext {
  environment: Environment;
  now: () => number;
  /** The folder of all releases. */
  root: string;
  list: () => readonly Release[];
  packagesStore: PackagesStore;
  commandDeadlineMs: number;
}

/**
 * Makes a release in a folder of its own beside the others. It gets its name when it is whole and on the disk; when it cannot be
 * made, nothing is left of it but the log.
 */
export async function prepareRelease(
  context: PrepareContext,
  input: PrepareInput,
  signal: AbortSignal,
): Promise<Release> {
  let partial: string | undefined;
  try {
    signal.throwIfAborted();
    partial = await mkdtemp(join(context.root, '.partial-'));
    return await makeRelease(context, { partial, input, signal });
  } catch (error) {
    throw toPrepareError(error, signal);
  } finally {
    if (partial !== undefined) await removeFolder(partial);
  }
}

type Request = Pick<Preparation, 'partial' | 'input' | 'signal'>;

async function makeRelease(context: PrepareContext, request: Request): Promise<Release> {
  const { root, now } = context;
  const { partial, input } = request;
  const log = createPrepareLog(join(partial, 'prepare.log'));
  const preparation = { ...context, ...request, log };
  let content: CopiedContent;
  let version: string;
  let packages: string[];
  try {
    content = await copyContent(preparation);
    const existing = context.list().find(({ digest }) => digest === content.digest);
    if (existing !== undefined) return keepExisting(existing, input);
    version = chooseVersion(context.list(), content.digest, input);
    packages = await makeRunnable(preparation, content).catch(async (error: unknown) => {
      if (!(error instanceof CommandFailure)) throw error;
      const failed = { file: join(partial, 'prepare.log'), tail: log.tail(), root, version, now: now() };
      throw await toBrokenRelease(error, failed);
    });
  } finally {
    log.close();
  }
  const createdAt = new Date(now()).toISOString();
  const about = {
    version,
    source: input.source,
    createdAt,
    createdBy: input.owner,
    manifest: input.manifest,
    packages,
  };
  const release = await writeDocuments(partial, content, about);
  await takeItsPlace(partial, root, release.digest);
  return release;
}

async function takeItsPlace(partial: string, root: string, digest: string): Promise<void> {
  await removeFolder(join(partial, 'scratch'));
  await sealFolder(join(partial, 'tree'));
  await sealFolder(join(partial, 'build'));
  await chmod(partial, 0o711);
  await syncFolder(partial);
  await rename(partial, join(root, digest));
  await syncNames(root);
}

function keepExisting(release: Release, { version, tell }: PrepareInput): Release {
  const keepsName = version !== undefined && version !== release.version;
  tell?.(
    `This content is the release ${release.version} already${keepsName ? '; it keeps that name' : ''}. Nothing is made again.`,
  );
  return release;
}

/** As given, else the commit's beginning, else the digest's; a commit with other packages is a release of its own. */
function chooseVersion(releases: readonly Release[], digest: string, input: PrepareInput): string {
  const { version, source } = input;
  const isTaken = (name: string) => releases.some((release) => release.version === name);
  if (version !== undefined) {
    if (!isTaken(version)) return version;
    const message = `There is another release ${version}: its content differs.`;
    throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', message, {
      hint: 'Give this one another version, or none: it is then named by its content.',
    });
  }
  const commit = source.revision?.slice(0, 12);
  const short = digest.slice(0, 12);
  if (commit === undefined) return short;
  return isTaken(commit) ? `${commit}-${digest.slice(0, 6)}` : commit;
}
