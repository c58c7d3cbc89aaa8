import type { Environment } from '@alwayson/protocol/environment.ts';
import { renderTable } from './text-table.ts';

export interface ListedEnvironment {
  environment: Environment;
  isRunning: boolean;
}

/** One line an environment. */
export function renderEnvironments(list: readonly ListedEnvironment[]): string {
  if (list.length === 0) return 'There is no environment yet. ./alwayson up makes the main one.';
  const rows = list.map(({ environment: { name, type, workload, frontDoor, origin }, isRunning }) => [
    name,
    type,
    isRunning ? 'running' : 'stopped',
    workload,
    frontDoor.url,
    origin === undefined ? '' : `copied from ${origin.environment}${origin.isMasked ? ', masked' : ''}`,
  ]);
  return renderTable(rows).join('\n');
}

/** The same for programs: without a secret. */
export function toEnvironmentDocument({ environment, isRunning }: ListedEnvironment) {
  const { name, type, workload, stateDir, createdAt, frontDoor, console, origin } = environment;
  const { access: _, ...copied } = origin ?? {};
  return {
    name,
    type,
    state: isRunning ? 'running' : 'stopped',
    workload,
    frontDoor: frontDoor.url,
    console: console.url,
    stateDir,
    createdAt,
    origin: origin === undefined ? null : copied,
  };
}
