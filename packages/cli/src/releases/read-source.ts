import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { DeployRequest } from '@alwayson/protocol/releases.ts';
import { findConfigIn, loadManifest } from '../manifest/load-manifest.ts';
import { exportRevision } from './export-revision.ts';

export type DeploySource = Pick<DeployRequest, 'path' | 'source' | 'manifest'> & {
  /** Removes what was exported, once the control plane has copied it. Nothing to remove of a folder. */
  remove: () => Promise<void>;
};

export interface ReadSourceOptions {
  /** Of the git repository that the folder is in, as `git rev-parse` takes it; the folder as it is now when absent. */
  revision?: string | undefined;
  /** What the path is relative to; the current folder when absent. */
  cwd?: string;
}

/**
 * What is to be deployed: a workload's folder, or the folder of a configuration file. Throws AON_MANIFEST_MISSING and
 * AON_MANIFEST_INVALID; with a revision also AON_PREREQUISITE_MISSING, AON_USAGE and AON_NOT_FOUND.
 */
export async function readSource(path: string, options: ReadSourceOptions = {}): Promise<DeploySource> {
  const { folder, configName } = findFolder(resolve(options.cwd ?? process.cwd(), path));
  if (options.revision === undefined) {
    const { manifest } = await loadManifest(findConfig(folder, configName, folder));
    const source = { kind: 'folder', path: folder } as const;
    return { path: folder, source, manifest, remove: () => Promise.resolve() };
  }
  const { path: exported, commit, remove } = await exportRevision(folder, options.revision);
  try {
    const where = `${folder} at revision ${options.revision}`;
    const { manifest } = await loadManifest(findConfig(exported, configName, where));
    return { path: exported, source: { kind: 'git', path: folder, revision: commit }, manifest, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface NamedFolder {
  folder: string;
  /** Of the configuration file, when it was named. */
  configName: string | undefined;
}

function findFolder(path: string): NamedFolder {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw missing(`There is no ${path}.`);
  return stats.isDirectory()
    ? { folder: path, configName: undefined }
    : { folder: dirname(path), configName: basename(path) };
}

function findConfig(folder: string, configName: string | undefined, where: string): string {
  const file = configName === undefined ? findConfigIn(folder) : join(folder, configName);
  if (file !== undefined && statSync(file, { throwIfNoEntry: false }) !== undefined) return file;
  throw missing(`${where} has no ${configName ?? 'alwayson.config.ts (.yaml, .yml, .json)'}.`);
}

function missing(message: string): AlwaysOnError {
  return new AlwaysOnError('AON_MANIFEST_MISSING', message, {
    hint: 'Name the folder of a workload, or its configuration file.',
  });
}
