import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { killMarked } from '@alwayson/engines/process/marked-processes.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { Digest, type Release } from '@alwayson/protocol/releases.ts';
import { findRelease } from './find-release.ts';
import { createPackagesStore } from './packages-store.ts';
import { prepareRelease } from './prepare-release.ts';
import type { PrepareInput } from './preparation.ts';
import { readDocuments, type ReleaseDocuments } from './release-documents.ts';
import { removeFolder, syncNames } from './release-folders.ts';
import { toScratch } from './run-isolated.ts';

export interface ReleaseFolder {
  /** Absolute: the files as they run; components' `cwd` and stores' `migrations` are relative to it. */
  tree: string;
  /** Component name -> absolute folder that its build filled; components without a build are not in it. */
  builds: ReadonlyMap<string, string>;
}

/** The releases on disk: `<state folder>/releases/<digest>/`. What is there under its digest is whole. */
export interface ReleaseStore {
  /** Newest first. */
  list(): Release[];
  /** By version, digest, or the digest's beginning (6 characters or more, only one release begins so). */
  find(ref: string): Release | null;
  /** Throws AON_NOT_FOUND. */
  manifest(digest: string): Manifest;
  /** Throws AON_NOT_FOUND. */
  folder(digest: string): ReleaseFolder;
  /**
   * Copies, installs, builds, one at a time. The same content is the release that exists already. Throws AON_RELEASE_BROKEN when a
   * command fails, AON_RELEASE_UNSUITABLE when the folder or the version cannot be one, AON_DISK_FULL; AON_INTERRUPTED when aborted.
   */
  prepare(input: PrepareInput, signal?: AbortSignal): Promise<Release>;
  /** Nothing when there is none. */
  remove(digest: string): Promise<void>;
}

export interface ReleaseStoreOptions {
  environment: Environment;
  now: () => number;
  /** For each command of a preparation. */
  commandDeadlineMs?: number;
}

const unfinishedPattern = /^\.(partial|removed)-/;

export function createReleaseStore(options: ReleaseStoreOptions): ReleaseStore {
  const { environment, now, commandDeadlineMs = 300_000 } = options;
  const root = join(environment.stateDir, 'releases');
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const { list, read } = createReader(root);
  const packagesStore = createPackagesStore(join(environment.stateDir, 'packages'));
  const retain = () => packagesStore.retain(new Set(list().flatMap(({ packages }) => packages)));
  let lane: Promise<unknown> = sweep(root)
    .then(retain)
    .catch(() => {});
  /** One after the other: two preparations of the same content would do everything twice. */
  const inLane = <T>(work: () => Promise<T>): Promise<T> => {
    const result = lane.then(work);
    lane = result.catch(() => {});
    return result;
  };
  const context = { environment, now, commandDeadlineMs, root, list, packagesStore };
  return {
    list,
    find: (ref) => findOrNull(list(), ref),
    manifest: (digest) => read(digest).manifest,
    folder(digest) {
      const built = read(digest).manifest.components.filter(({ build }) => build !== undefined);
      const folder = join(root, digest);
      const builds = new Map(built.map(({ name }) => [name, join(folder, 'build', name)]));
      return { tree: join(folder, 'tree'), builds };
    },
    prepare: (input, signal = new AbortController().signal) =>
      inLane(() => prepareRelease(context, input, signal)),
    remove: (digest) =>
      inLane(async () => {
        await removeRelease(root, digest);
        await retain();
      }),
  };
}

/** A release does not change: its documents are read once. */
function createReader(root: string) {
  const known = new Map<string, ReleaseDocuments>();
  const tryRead = (digest: string): ReleaseDocuments | null => {
    const folder = join(root, digest);
    if (!existsSync(folder)) {
      known.delete(digest);
      return null;
    }
    const found = known.get(digest) ?? readDocuments(folder, digest);
    if (found !== null) known.set(digest, found);
    return found;
  };
  return {
    list() {
      const digests = readdirSync(root).filter((name) => Digest.safeParse(name).success);
      const releases = digests.flatMap((digest) => tryRead(digest)?.release ?? []);
      return releases.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },
    read(digest: string): ReleaseDocuments {
      const found = Digest.safeParse(digest).success ? tryRead(digest) : null;
      if (found !== null) return found;
      const message = `The release ${digest.slice(0, 12)} is not on the disk.`;
      throw new AlwaysOnError('AON_NOT_FOUND', message, {
        hint: 'See ./alwayson releases for those that are kept.',
      });
    },
  };
}

function findOrNull(releases: readonly Release[], ref: string): Release | null {
  try {
    return findRelease(releases, ref);
  } catch (error) {
    if (isAlwaysOnError(error)) return null;
    throw error;
  }
}

/** It loses its name first: half of a release is never found under it. */
async function removeRelease(root: string, digest: string): Promise<void> {
  if (!Digest.safeParse(digest).success || !existsSync(join(root, digest))) return;
  const removed = await mkdtemp(join(root, '.removed-'));
  await rename(join(root, digest), join(removed, 'release'));
  await syncNames(root);
  await removeFolder(removed);
}

/** What a control plane that died left half made or half removed, with what still works on it. */
async function sweep(root: string): Promise<void> {
  for (const name of readdirSync(root).filter((entry) => unfinishedPattern.test(entry))) {
    const folder = join(root, name);
    await killMarked({ variable: 'HOME', value: toScratch(folder).home });
    await removeFolder(folder);
  }
}
