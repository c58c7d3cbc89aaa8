import { execFile } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment, EnvironmentOrigin } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RestoreTarget } from '@alwayson/protocol/recovery.ts';
import { listRepositories } from '@alwayson/protocol/repositories.ts';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';
import { readEnvironmentIfSound, writeEnvironment } from '../environment/environment-file.ts';
import { makeFolder, type StateFolder } from '../environment/state-folder.ts';
import { type LiveRelease, readLiveRelease } from '../releases/live-release.ts';
import { type StartedEnvironment, startEnvironment } from './start-environment.ts';

/** A large database takes its time. */
const backupDeadlineMs = 3_600_000;

export interface CopyOptions {
  source: Environment;
  client: Pick<ControlPlaneClient, 'createBackup' | 'backups' | 'operation' | 'restorePlan'>;
  target: StateFolder;
  /** A time (ISO 8601), or the label of a backup; a backup that is made now when absent. */
  to?: string | undefined;
  /** SQL that is run on the copied data before anybody sees it; empty for none. */
  mask: string;
  owner: string;
  frontDoorPort?: number | undefined;
  consolePort?: number | undefined;
  signal: AbortSignal;
  note: (text: string) => void;
}

/**
 * A second environment with the data, the release and the manifest of one that runs, and everything else its own: addresses, passwords,
 * tokens, backups. The source makes a backup, unless another one is named, and nothing else happens to it. When it fails before the copy can start, nothing of it is left.
 */
export async function copyEnvironment(options: CopyOptions): Promise<StartedEnvironment> {
  const { source, target, note } = options;
  const live = readLiveRelease(source.stateDir);
  if (live === undefined) {
    throw new AlwaysOnError('AON_STARTING', `${source.name} has no live release yet.`, {
      hint: `Wait until it is up: ./alwayson status --env ${source.name}.`,
    });
  }
  const origin = await findOrigin(options, live);
  note(`Copying release ${live.name}.`);
  const tree = await copyRelease(source.stateDir, target.path, live);
  const workload = {
    manifest: live.manifest,
    workloadDir: tree,
    configFile: join(tree, basename(source.configFile)),
  };
  note(`Starting ${target.name} with the backup ${origin.backup}.`);
  try {
    const started = await startEnvironment({
      ...options,
      workload,
      stateFolder: target,
      type: 'sandbox',
      origin,
    });
    return { ...started, environment: forgetAccess(started.environment) };
  } catch (error) {
    if (readEnvironmentIfSound(target.path) === undefined)
      rmSync(target.path, { recursive: true, force: true });
    throw error;
  }
}

/** What the copy begins with, and what opens it. */
async function findOrigin(options: CopyOptions, { digest }: LiveRelease): Promise<EnvironmentOrigin> {
  const { source, mask } = options;
  const { backups: cipherPass, postgresSuperuser } = source.passwords;
  if (cipherPass === undefined)
    throw new AlwaysOnError('AON_NOT_FOUND', `${source.name} is older than backups: it has none.`);
  const { region, label, time } = await findTarget(options);
  const repository = listRepositories(source).find((one) => one.region === region);
  if (repository === undefined)
    throw new AlwaysOnError('AON_NOT_FOUND', `${source.name} has no backups in ${region}.`);
  return {
    environment: source.name,
    copiedAt: new Date().toISOString(),
    backup: label,
    time,
    release: digest,
    isMasked: mask.trim() !== '',
    access: { repository: repository.path, cipherPass, postgresSuperuser, mask },
  };
}

/** A backup that is named is there already. A moment needs the log after it in the repository: a backup leads it there. */
async function findTarget(options: CopyOptions): Promise<RestoreTarget> {
  const { client, source, to } = options;
  const isTime = to !== undefined && !Number.isNaN(Date.parse(to));
  if (to === undefined || isTime) await makeBackup(options);
  if (to !== undefined) {
    const { target, checks } = await client.restorePlan({ to });
    if (target !== null) return target;
    const detail = checks.find(({ name }) => name === 'target')?.detail ?? `there is no ${to}`;
    throw new AlwaysOnError('AON_NOT_READY', `Nothing can be copied: ${detail}.`);
  }
  // Everybody who copies names what they saw: it is the newest when it has been made.
  const [newest] = (await client.backups()).backups;
  if (newest === undefined) throw new AlwaysOnError('AON_NOT_FOUND', `${source.name} has no backup to copy.`);
  return { region: newest.region, label: newest.label, time: null };
}

async function makeBackup({ client, target, owner, signal, note }: CopyOptions): Promise<void> {
  const begun = await client.createBackup({ owner, note: `to be copied to ${target.name}` });
  const ended = await awaitOperation(client, begun, { deadlineMs: backupDeadlineMs, tell: note, signal });
  if (ended.state !== 'succeeded') throw toOperationError(ended);
}

/** With its packages and builds. Returns the folder that it runs from. */
async function copyRelease(from: string, to: string, { digest, packages }: LiveRelease): Promise<string> {
  makeFolder(to);
  makeFolder(join(to, 'releases'));
  // Its folders are sealed: this keeps their modes, and still gets into them.
  await copyFolder(join(from, 'releases', digest), join(to, 'releases', digest));
  if (packages.length > 0) makeFolder(join(to, 'packages'));
  for (const name of packages) await copyFolder(join(from, 'packages', name), join(to, 'packages', name));
  symlinkSync(digest, join(to, 'releases/live'));
  return join(to, 'releases', digest, 'tree');
}

async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

/** The copy stands by itself from now on: what opens the other's backups has no place in it. */
function forgetAccess(environment: Environment): Environment {
  const { origin } = environment;
  if (origin?.access === undefined) return environment;
  const { access: _, ...kept } = origin;
  const own = { ...environment, origin: kept };
  writeEnvironment(own);
  return own;
}
