import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type ControlPlaneClient, createControlPlaneClient } from '../client/control-plane-client.ts';
import { findWitnessHost } from '../client/host-client.ts';
import { readEnvironment } from './environment-file.ts';
import { findEnvironmentProcesses } from './process-table.ts';
import { findStateFolder } from './state-folder.ts';

/** The environment whose state folder is meant; AON_NOT_RUNNING when none of its processes lives. */
export function findRunningEnvironment(env: NodeJS.ProcessEnv): Environment {
  const stateDir = findStateFolder(env).path;
  const environment = readEnvironment(stateDir);
  if (environment && findEnvironmentProcesses(stateDir).length > 0) return environment;
  throw new AlwaysOnError('AON_NOT_RUNNING', `Nothing is running from ${stateDir}.`);
}

/**
 * Runs `ask` against the control plane; when that does not answer, tells whether nothing runs at all (AON_NOT_RUNNING) or only it is
 * away (AON_UNREACHABLE).
 */
export async function askControlPlane<T>(
  env: NodeJS.ProcessEnv,
  ask: (client: ControlPlaneClient, environment: Environment) => Promise<T>,
): Promise<T> {
  const environment = findRunningEnvironment(env);
  try {
    return await ask(createControlPlaneClient(environment), environment);
  } catch (error) {
    if (!(error instanceof AlwaysOnError) || error.code !== 'AON_UNREACHABLE') throw error;
    throw await toAwayError(environment, error);
  }
}

/** What to do depends on whether its host lives, which starts it again by itself. */
async function toAwayError(environment: Environment, { cause }: AlwaysOnError): Promise<AlwaysOnError> {
  const hint = (await findWitnessHost(environment))
    ? 'Its host starts it again: try in a few seconds, then see ./alwayson logs control-plane.'
    : 'Its host is gone too: ./alwayson up --detach brings both back.';
  return new AlwaysOnError(
    'AON_UNREACHABLE',
    `The control plane does not answer on port ${environment.console.port}; the workload serves without it.`,
    { cause, hint },
  );
}
