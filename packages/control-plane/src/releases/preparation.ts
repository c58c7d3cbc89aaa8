import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { ReleaseFile } from '@alwayson/protocol/release-files.ts';
import type { ReleaseSource } from '@alwayson/protocol/releases.ts';
import type { LinkedPackages } from './linked-packages.ts';
import type { PackagesStore } from './packages-store.ts';
import type { PrepareLog } from './prepare-log.ts';

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

/** One that is under way. */
export interface Preparation {
  environment: Environment;
  input: PrepareInput;
  packagesStore: PackagesStore;
  /** The folder that becomes the release. */
  partial: string;
  log: PrepareLog;
  signal: AbortSignal;
  commandDeadlineMs: number;
}

/** The content of a release before anything is run in it. */
export interface CopiedContent {
  digest: string;
  config: string;
  files: readonly ReleaseFile[];
  packages: LinkedPackages;
}
