import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessMark } from '@alwayson/engines/process/marked-processes.ts';
import { Environment, witnessRegion, type Zone } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

export interface HostConfig {
  environment: Environment;
  zone: Zone;
  environmentFile: string;
  isWitness: boolean;
}

/** Reads what a host is from ALWAYSON_ENVIRONMENT (path of environment.json) and ALWAYSON_ZONE. */
export function readHostConfig(env: NodeJS.ProcessEnv): HostConfig {
  const environmentFile = env.ALWAYSON_ENVIRONMENT;
  const name = env.ALWAYSON_ZONE;
  if (environmentFile === undefined || name === undefined) {
    const message = 'ALWAYSON_ENVIRONMENT (path of environment.json) and ALWAYSON_ZONE must both be set.';
    throw new AlwaysOnError('AON_USAGE', message);
  }
  const environment = readEnvironment(environmentFile);
  const zone = environment.zones.find((candidate) => candidate.name === name);
  if (zone === undefined) {
    const names = environment.zones.map((candidate) => candidate.name).join(', ');
    throw new AlwaysOnError('AON_USAGE', `${environmentFile} has no zone ${name}; it has ${names}.`);
  }
  return { environment, zone, environmentFile, isWitness: zone.region === witnessRegion };
}

function readEnvironment(file: string): Environment {
  try {
    return Environment.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AlwaysOnError('AON_STATE_FOLDER', `${file} cannot be used: ${detail}`, { cause });
  }
}

export function hostFiles(environment: Environment, zone: string) {
  const dir = join(environment.stateDir, 'hosts', zone);
  return {
    dir,
    units: join(dir, 'units.json'),
    running: join(dir, 'running.json'),
    host: join(dir, 'host.json'),
    keeper: join(dir, 'keeper.json'),
    log: join(dir, 'host.log'),
    tasksDir: join(dir, 'tasks'),
    unitsDir: join(environment.stateDir, 'units', zone),
  };
}

/** The mark of everything that runs in a zone, or of one unit there. */
export function unitMark(environment: Environment, zone: string, unit?: string): ProcessMark {
  const { unitsDir } = hostFiles(environment, zone);
  const key = `${environmentKey(environment)}/${zone}`;
  const variable = 'ALWAYSON_UNIT_KEY';
  if (unit === undefined) return { variable, value: key, holds: `${unitsDir}/` };
  // Its log only: a task may write into the rest of the unit's folder.
  return { variable, value: `${key}/${unit}`, holds: `${unitsDir}/${unit}/log/` };
}

/**
 * The mark of all tasks of a zone, of one unit (`unit`), or one task (`unit/task`). Not that of the unit: stopping a unit does
 * not end a task that repairs its data.
 */
export function taskMark(
  environment: Environment,
  zone: string,
  task?: string,
): ProcessMark & { holds: string } {
  const { tasksDir } = hostFiles(environment, zone);
  const key = `${environmentKey(environment)}/${zone}`;
  const variable = 'ALWAYSON_TASK_KEY';
  if (task === undefined) return { variable, value: key, holds: `${tasksDir}/` };
  return { variable, value: `${key}/${task}`, holds: `${tasksDir}/${task.replace('/', '.')}.` };
}

function environmentKey({ stateDir }: Environment): string {
  return createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
}

/** What a child process starts from: nothing of the host's own environment that it does not need. */
export function baseEnvironment(home = process.env.HOME ?? '/'): Record<string, string> {
  return {
    // A user's PATH on Debian leaves out the folders where HAProxy and PgBouncer are.
    PATH: `${process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
    HOME: home,
    LANG: process.env.LANG ?? 'C.UTF-8',
    ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
  };
}
