import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Release, ReleaseSource } from '@alwayson/protocol/releases.ts';

export interface PrepareInput {
  /** Absolute: the folder that is copied. */
  path: string;
  /** Where it comes from; `source.path` is the user's own folder, whose packages are linked. */
  source: ReleaseSource;
  /** Defaults filled in. */
  manifest: Manifest;
  version?: string | undefined;
  owner: string;
  /** Told what is being done, in words for people. */
  tell?: (what: string) => void;
}

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
   * Copies, installs, builds. The same content is the release that exists already. Throws AON_RELEASE_BROKEN when a command fails,
   * AON_RELEASE_UNSUITABLE when the folder or the version cannot be one, AON_DISK_FULL; AON_INTERRUPTED when aborted.
   */
  prepare(input: PrepareInput, signal?: AbortSignal): Promise<Release>;
  /** Nothing when there is none. */
  remove(digest: string): Promise<void>;
}
