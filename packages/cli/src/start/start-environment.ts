import { relative } from 'node:path';
import type { Environment, EnvironmentOrigin } from '@alwayson/protocol/environment.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { EnvironmentType } from '@alwayson/protocol/words.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { createWitnessClient, findWitnessHost } from '../client/host-client.ts';
import { bootstrapEnvironment } from '../environment/bootstrap-environment.ts';
import { readEnvironmentIfSound } from '../environment/environment-file.ts';
import { assertPortsFree } from '../environment/ports.ts';
import { makeFolder, type StateFolder } from '../environment/state-folder.ts';
import { takeUpLock } from '../environment/up-lock.ts';
import { findConfigIn, type LoadedManifest } from '../manifest/load-manifest.ts';
import { assertPrerequisites } from '../prerequisites/check-prerequisites.ts';
import { differsFrom, readLiveRelease } from '../releases/live-release.ts';
import { createControlPlaneUnit } from './control-plane-unit.ts';
import { isRunning } from './render-start.ts';
import { waitUntilRunning } from './wait-until-running.ts';
import { startWitnessHost } from './witness-host.ts';

export interface StartOptions {
  workload: LoadedManifest;
  stateFolder: StateFolder;
  frontDoorPort?: number | undefined;
  consolePort?: number | undefined;
  /** Of an environment that is made. */
  type?: EnvironmentType | undefined;
  origin?: EnvironmentOrigin | undefined;
  /** Ends the waiting; what was started stays. */
  signal: AbortSignal;
  note: (text: string) => void;
}

export interface StartedEnvironment {
  environment: Environment;
  status: Status;
}

/** The environment of the state folder and its status when it is up already, else undefined. */
export async function findStartedEnvironment(stateDir: string): Promise<StartedEnvironment | undefined> {
  // A damaged file is for the start to repair, under its lock.
  const environment = readEnvironmentIfSound(stateDir);
  if (!environment || !(await findWitnessHost(environment))) return undefined;
  try {
    const status = await createControlPlaneClient(environment).status({ timeoutMs: 3000 });
    return isRunning(status) ? { environment, status } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * From a workload to a serving environment. Everything that can be refused is refused before anything starts; what runs
 * already is joined, not started again.
 */
export async function startEnvironment(options: StartOptions): Promise<StartedEnvironment> {
  const { workload, stateFolder, signal, note } = options;
  await assertPrerequisites();
  // Folders that the host makes must stay passable for the user postgres, whatever the caller's mask is.
  process.umask(0o022);
  makeFolder(stateFolder.path);
  const release = takeUpLock(stateFolder.path);
  try {
    const environment = await bootstrapEnvironment({
      ...options,
      ...workload,
      stateDir: stateFolder.path,
      name: stateFolder.name,
      say: note,
    });
    await launch(environment, signal);
    tellChange(workload, environment.stateDir, note);
    return { environment, status: await waitUntilRunning(environment, signal) };
  } finally {
    release();
  }
}

/** What runs is the release that is live, whatever the folder holds by now. */
function tellChange(loaded: LoadedManifest, stateDir: string, note: (text: string) => void): void {
  const live = readLiveRelease(stateDir);
  if (!live || !differsFrom(live, loaded, stateDir)) return;
  const path =
    findConfigIn(loaded.workloadDir) === loaded.configFile ? loaded.workloadDir : loaded.configFile;
  const near = relative(process.cwd(), path) || '.';
  note(
    `The folder differs from release ${live.name}, which is live. ./alwayson deploy ${near.startsWith('..') ? path : near} takes it live.`,
  );
}

async function launch(environment: Environment, signal: AbortSignal): Promise<void> {
  const witness = await findWitnessHost(environment);
  if (witness?.units.some(({ kind }) => kind === 'control-plane')) return;
  if (!witness) {
    await assertPortsFree(environment);
    await startWitnessHost(environment, signal);
  }
  await createWitnessClient(environment).putUnit(
    createControlPlaneUnit(environment, new Date().toISOString()),
  );
}
