import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Environment, EnvironmentOrigin } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { EnvironmentType } from '@alwayson/protocol/words.ts';
import { installDir } from '../install-dir.ts';
import type { LoadedManifest } from '../manifest/load-manifest.ts';
import { readLiveRelease } from '../releases/live-release.ts';
import { repairEnvironment, writeEnvironment } from './environment-file.ts';
import { choosePorts } from './choose-ports.ts';
import { chooseOctet, toZones } from './loopback.ts';
import { findRunDir, makeRunDir } from './run-folder.ts';
import { assertDiskSpace, mainEnvironment, makeFolder } from './state-folder.ts';
import { writeFileDurably } from './write-file-durably.ts';

export interface BootstrapInput extends LoadedManifest {
  stateDir: string;
  /** Of an environment that is made; an existing one keeps its own. */
  name: string;
  type?: EnvironmentType | undefined;
  origin?: EnvironmentOrigin | undefined;
  /** Only when the user names them; an existing environment keeps its own. */
  frontDoorPort?: number | undefined;
  consolePort?: number | undefined;
  /** Told what the user should know, such as a repair. */
  say: (note: string) => void;
}

/**
 * The environment of the state folder, made when there is none: addresses, tokens, passwords, folders. An existing one keeps its
 * identity and what is live in it; only the named ports, the folder and the place of the installation follow. Idempotent.
 */
export async function bootstrapEnvironment(input: BootstrapInput): Promise<Environment> {
  const { stateDir, manifest } = input;
  makeFolder(stateDir);
  assertDiskSpace(stateDir);
  const existing = repairEnvironment(stateDir, input.say);
  if (existing) assertSameWorkload(existing, input);
  const environment = existing ? toResumed(existing, input) : await createEnvironment(input);
  if (environment.frontDoor.port === environment.console.port) {
    throw new AlwaysOnError('AON_USAGE', 'The front door and the console need two ports.');
  }
  makeRunDir(environment.runDir);
  for (const folder of ['hosts', 'units', 'control-plane', 'build', 'cache'])
    makeFolder(join(stateDir, folder));
  for (const zone of environment.zones) {
    makeFolder(join(stateDir, 'hosts', zone.name));
    makeFolder(join(stateDir, 'units', zone.name));
  }
  keepManifest(stateDir, manifest);
  if (JSON.stringify(existing) !== JSON.stringify(environment)) writeEnvironment(environment);
  return environment;
}

/** Once a release is live, its manifest is in force, and the control plane writes it: a changed folder is for `deploy` to take. */
function keepManifest(stateDir: string, folders: Manifest): void {
  const file = join(stateDir, 'manifest.json');
  const live = readLiveRelease(stateDir);
  if (live && existsSync(file)) return;
  writeFileDurably(file, `${JSON.stringify(live?.manifest ?? folders, null, 2)}\n`, 0o600);
}

async function createEnvironment(input: BootstrapInput): Promise<Environment> {
  const { manifest, stateDir, name, origin } = input;
  const ports = await choosePorts({ name, path: stateDir });
  return {
    format: 1,
    name,
    type: input.type ?? (name === mainEnvironment ? 'production' : 'sandbox'),
    workload: manifest.name,
    workloadDir: input.workloadDir,
    configFile: input.configFile,
    stateDir,
    runDir: findRunDir(stateDir),
    installDir,
    createdAt: new Date().toISOString(),
    frontDoor: toDoor(input.frontDoorPort ?? ports.frontDoor),
    console: toDoor(input.consolePort ?? ports.console),
    zones: toZones(manifest.regions, await chooseOctet(stateDir)),
    tokens: {
      agents: createSecret(),
      probe: createSecret(),
      operator: createSecret(),
      apiKeys: [createSecret()],
    },
    passwords: {
      postgresSuperuser: createSecret(),
      postgresReplication: createSecret(),
      postgresApplication: createSecret(),
      redis: createSecret(),
      backups: createSecret(),
    },
    ...(origin === undefined ? {} : { origin }),
  };
}

function toResumed(existing: Environment, input: BootstrapInput): Environment {
  return {
    ...existing,
    workloadDir: input.workloadDir,
    configFile: input.configFile,
    installDir,
    frontDoor: toDoor(input.frontDoorPort ?? existing.frontDoor.port),
    console: toDoor(input.consolePort ?? existing.console.port),
  };
}

/** Data stays in the zones it was made for: a state folder serves one workload in one layout. */
function assertSameWorkload(existing: Environment, { manifest, stateDir }: BootstrapInput): void {
  if (existing.stateDir !== stateDir) {
    throw new AlwaysOnError(
      'AON_STATE_FOLDER',
      `${stateDir} was moved: its environment was made at ${existing.stateDir}.`,
      {
        hint: `Move it back to ${existing.stateDir}.`,
      },
    );
  }
  if (existing.workload !== manifest.name) {
    throw new AlwaysOnError(
      'AON_STATE_FOLDER',
      `${stateDir} belongs to the workload ${existing.workload}, not to ${manifest.name}.`,
    );
  }
  const toNames = (zones: readonly { name: string }[]) => zones.map(({ name }) => name).join(', ');
  const before = toNames(existing.zones);
  const now = toNames(toZones(manifest.regions, 0));
  if (before !== now) {
    throw new AlwaysOnError(
      'AON_STATE_FOLDER',
      `${basename(stateDir)} holds the zones ${before}; the manifest now says ${now}.`,
      {
        hint: 'Put the regions back as they were, or start a new environment in another folder with ALWAYSON_HOME.',
      },
    );
  }
}

function toDoor(port: number): { port: number; url: string } {
  return { port, url: `http://localhost:${port}` };
}

/** 192 random bits in letters that need no quoting anywhere: URLs, shells, configuration files. */
function createSecret(): string {
  return randomBytes(24).toString('hex');
}
