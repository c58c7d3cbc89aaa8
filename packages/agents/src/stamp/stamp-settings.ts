import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { ComponentProbe, Dependency } from '@alwayson/protocol/manifest.ts';
import type { CheckScope } from '@alwayson/protocol/stamp-health.ts';
import { Name } from '@alwayson/protocol/words.ts';
import { z } from 'zod';
import { readAgentConfig, requireVariable } from '../agent-process/agent-config.ts';

const ProbedComponent = z.object({
  name: Name,
  port: z.int().min(1).max(65_535),
  probe: ComponentProbe.prefault({}),
  required: z.boolean(),
});
export type ProbedComponent = z.infer<typeof ProbedComponent>;

export interface StampSettings {
  environment: Environment;
  stamp: string;
  region: string;
  zone: string;
  release: string;
  host: string;
  port: number;
  components: readonly ProbedComponent[];
  scopeOf(store: string): CheckScope;
}

/** Reads the variables that the stamp's unit gets. Throws AON_USAGE or AON_STATE_FOLDER with a sentence for the log. */
export async function readStampSettings(variables: NodeJS.ProcessEnv): Promise<StampSettings> {
  const { environment, region } = await readAgentConfig(variables);
  return {
    environment,
    region,
    stamp: requireVariable(variables, 'ALWAYSON_STAMP'),
    zone: requireVariable(variables, 'ALWAYSON_ZONE'),
    release: requireVariable(variables, 'ALWAYSON_RELEASE'),
    host: requireVariable(variables, 'HOST'),
    port: Number(requireVariable(variables, 'PORT')),
    components: parseComponents(requireVariable(variables, 'ALWAYSON_STAMP_COMPONENTS')),
    scopeOf: await readScopes(environment),
  };
}

function parseComponents(text: string): ProbedComponent[] {
  try {
    return z.array(ProbedComponent).min(1).parse(JSON.parse(text));
  } catch (error) {
    const message = 'ALWAYSON_STAMP_COMPONENTS is not a list of components.';
    throw new AlwaysOnError('AON_USAGE', message, { cause: error });
  }
}

const ManifestPart = z.object({ dependencies: z.array(Dependency) });

/**
 * How far the trouble of each store reaches, by the manifest: the widest that any dependency on it names. A store
 * outlives every stamp, so it is never the stamp's own; without a manifest a store is its region's.
 */
async function readScopes({ stateDir }: Environment): Promise<(store: string) => CheckScope> {
  const dependencies = await readFile(join(stateDir, 'manifest.json'), 'utf8').then(
    (text) => ManifestPart.parse(JSON.parse(text)).dependencies,
    () => [],
  );
  const global = new Set(dependencies.filter(({ scope }) => scope === 'global').map(({ to }) => to));
  return (store) => (global.has(store) ? 'global' : 'region');
}
