import { readFile } from 'node:fs/promises';
import { Environment, type Zone } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

export interface AgentConfig {
  environment: Environment;
  region: string;
  /** The region's zones in order. */
  zones: readonly Zone[];
}

/**
 * What every agent of a region reads at its start: ALWAYSON_ENVIRONMENT (the path of environment.json) and ALWAYSON_REGION.
 * Throws AON_USAGE or AON_STATE_FOLDER with a sentence for the log.
 */
export async function readAgentConfig(variables: NodeJS.ProcessEnv): Promise<AgentConfig> {
  const file = requireVariable(variables, 'ALWAYSON_ENVIRONMENT');
  const region = requireVariable(variables, 'ALWAYSON_REGION');
  let environment: Environment;
  try {
    environment = Environment.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new AlwaysOnError('AON_STATE_FOLDER', `${file} is not an environment document.`, { cause: error });
  }
  const zones = environment.zones.filter((zone) => zone.region === region);
  if (zones.length === 0) throw new AlwaysOnError('AON_USAGE', `${file} has no region ${region}.`);
  return { environment, region, zones };
}

export function requireVariable(variables: NodeJS.ProcessEnv, name: string): string {
  const value = variables[name];
  if (value === undefined || value === '') throw new AlwaysOnError('AON_USAGE', `${name} is not set.`);
  return value;
}
