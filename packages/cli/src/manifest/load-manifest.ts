import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { installDir } from '../install-dir.ts';
import { checkManifest } from './check-manifest.ts';
import type { ManifestSource } from './manifest-source.ts';

const configNames = [
  'alwayson.config.ts',
  'alwayson.config.yaml',
  'alwayson.config.yml',
  'alwayson.config.json',
];

export interface LoadedManifest {
  manifest: Manifest;
  /** Absolute. */
  configFile: string;
  /** Folder of the configuration file; commands of components run relative to it. */
  workloadDir: string;
}

/** The file named, else the one in the current folder, else the catalog that comes with AlwaysOn. */
export function findConfigFile(options: { config?: string | undefined; cwd: string }): string {
  if (options.config !== undefined) return resolve(options.cwd, options.config);
  return findConfigIn(options.cwd) ?? join(installDir, 'workloads/catalog/alwayson.config.ts');
}

/** The configuration file of a folder, if it has one. */
export function findConfigIn(folder: string): string | undefined {
  return configNames.map((name) => join(folder, name)).find((file) => existsSync(file));
}

/** Reads, runs and checks a configuration file. Throws AON_MANIFEST_MISSING or AON_MANIFEST_INVALID. */
export async function loadManifest(configFile: string): Promise<LoadedManifest> {
  const source = await readSource(configFile, readText(configFile));
  return { manifest: checkManifest(source, configFile), configFile, workloadDir: dirname(configFile) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AlwaysOnError('AON_MANIFEST_MISSING', `${file} cannot be read.`, { cause: error });
  }
}

/** Parsers are loaded for who needs them: they would be a fifth of the modules that every command loads. */
async function readSource(file: string, text: string): Promise<ManifestSource> {
  switch (extname(file)) {
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return (await import('./read-script.ts')).readScriptManifest(text, file);
    case '.yaml':
    case '.yml':
      return (await import('./read-yaml.ts')).readYamlManifest(text, file);
    case '.json':
      return (await import('./read-json.ts')).readJsonManifest(text, file);
    default:
      throw new AlwaysOnError(
        'AON_USAGE',
        `${file}: a configuration file ends in .ts, .js, .yaml, .yml or .json.`,
      );
  }
}
