import { join } from 'node:path';
import {
  adoptProcess,
  type SupervisedProcess,
  spawnProcess,
} from '@alwayson/engines/process/supervised-process.ts';
import { lookupUser, type SystemUser } from '@alwayson/engines/process/system-user.ts';
import type { UnitSpec } from '@alwayson/protocol/units.ts';
import { baseEnvironment, type HostConfig, hostFiles, unitMark } from './host-config.ts';
import type { RunningRecord } from './host-state.ts';
import { restoreUnitFiles, type UnitFolder } from './unit-files.ts';
import { type Fingerprint, fingerprint, foldAll, foldPlaceholders } from './unit-spec.ts';

/** A unit's present process, started by this host or by one before it. */
export interface UnitProcess extends SupervisedProcess {
  startedAt: string;
  inForce: Fingerprint;
}

/** The user that a unit runs as; undefined is the host's own, which is all that a host without root can give. */
async function userOf(spec: Pick<UnitSpec, 'runAs'>): Promise<SystemUser | undefined> {
  return spec.runAs === 'engine' && process.getuid?.() === 0 ? lookupUser('postgres') : undefined;
}

export function unitDir({ environment, zone }: HostConfig, unit: string): string {
  return join(hostFiles(environment, zone.name).unitsDir, unit);
}

export function unitLogFile(config: HostConfig, unit: string): string {
  return join(unitDir(config, unit), 'log', 'unit.log');
}

export async function unitFolder(config: HostConfig, spec: UnitSpec): Promise<UnitFolder> {
  return { dir: unitDir(config, spec.id), owner: await userOf(spec) };
}

/** Starts a unit's process with the files of its spec. What is left of an earlier one must be gone before. */
export async function launchUnit(config: HostConfig, spec: UnitSpec): Promise<UnitProcess> {
  const { environment, zone } = config;
  const folder = await unitFolder(config, spec);
  const mark = unitMark(environment, zone.name, spec.id);
  await restoreUnitFiles(folder, spec.files);
  const { dir, owner } = folder;
  const started = await spawnProcess({
    command: spec.command.map((word) => foldPlaceholders(word, dir)),
    cwd: spec.cwd ?? dir,
    // The mark comes last: Redis overwrites the beginning of its environment with its title.
    env: { ...baseEnvironment(owner?.home), ...foldAll(spec.env, dir), [mark.variable]: mark.value },
    ...(owner === undefined ? {} : { user: owner }),
    logFile: unitLogFile(config, spec.id),
  });
  return { ...started, startedAt: new Date().toISOString(), inForce: fingerprint(spec) };
}

/** Takes a process over that an earlier host started and that still lives. */
export function adoptUnit(record: RunningRecord): UnitProcess {
  const { pid, startTime, startedAt, inForce } = record;
  return { ...adoptProcess({ pid, startTime }), startedAt, inForce };
}
