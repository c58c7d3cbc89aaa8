import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { environmentTypes, EnvironmentType } from '@alwayson/protocol/words.ts';
import type { Command } from 'commander';
import { createWitnessClient, findWitnessHost } from '../client/host-client.ts';
import { bootstrapEnvironment } from '../environment/bootstrap-environment.ts';
import { readEnvironmentIfSound, writeEnvironment } from '../environment/environment-file.ts';
import { listEnvironments } from '../environment/list-environments.ts';
import { findEnvironmentProcesses } from '../environment/process-table.ts';
import { findStateFolder, toMainFolder } from '../environment/state-folder.ts';
import { findConfigFile, loadManifest } from '../manifest/load-manifest.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderEnvironments, toEnvironmentDocument } from '../output/render-environments.ts';
import { controlPlaneUnitId } from '../start/control-plane-unit.ts';
import { purgeEnvironment } from '../stop/purge-environment.ts';
import { stopEnvironment } from '../stop/stop-environment.ts';
import { assertRemovalWanted } from './ask-removal.ts';
import { parseTarget } from './parse-target.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { addPortOptions, type CopyOptions, findNewFolder, type PortOptions, runCopy } from './run-copy.ts';

interface CreateOptions extends PortOptions {
  type?: string;
}

interface DeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerEnv(program: Command): void {
  const summary = 'environments: running copies of the workload beside each other, each with its own data';
  const env = program.command('env').summary(summary).description(summary);
  registerCommand<GlobalOptions>(
    env,
    { usage: 'list', summary: 'all of this machine (also: ./alwayson env)', example: 'env', isDefault: true },
    runList,
  );
  registerMaking(env);
  registerCommand<GlobalOptions>(
    env,
    {
      usage: 'set-type <name> <type>',
      summary: 'production: backups are made and proven by themselves, and it cannot be deleted',
      example: 'env set-type staging production',
    },
    runSetType,
  );
  registerCommand<DeleteOptions>(
    env,
    {
      usage: 'delete <name>',
      summary: 'stop it and remove all its data; never one of type production',
      example: 'env delete sandbox --yes',
    },
    runDelete,
  ).option('-y, --yes', 'do not ask');
}

const copyDetails = [
  'SOURCE makes a backup; nothing else happens to it. TARGET has addresses, passwords and backups of its own: what is done to it never',
  'reaches SOURCE. Writes that SOURCE has accepted and not yet applied are not in it. SQL given with --mask is run on the data before',
  'anybody sees it, in one transaction; when it fails, TARGET does not start.',
].join('\n');

function registerMaking(env: Command): void {
  const create = registerCommand<CreateOptions>(
    env,
    {
      usage: 'create <name>',
      summary: 'make an empty one; it is started with up',
      example: 'env create staging   and then: ./alwayson up --env staging --detach',
    },
    runCreate,
  );
  create.option('--type <type>', `${environmentTypes.join(' or ')} (default: sandbox)`);
  const copy = registerCommand<CopyOptions>(
    env,
    {
      usage: 'copy <source> <target>',
      summary: 'make one with the data, the release and the manifest of another, and start it',
      example: 'env copy main sandbox --mask mask.sql',
      details: copyDetails,
    },
    (io, options, [source = '', name = '']) => runCopy({ ...io, env: toEnv(io, source) }, options, name),
  );
  copy
    .option('--to <time or backup>', 'its data of a former moment (default: of now)', parseTarget)
    .option('--mask <file>', 'SQL that removes what TARGET must not have')
    .option('--owner <name>', 'who is responsible (default: your user name)');
  addPortOptions(create);
  addPortOptions(copy);
}

async function runList(io: CommandIo): Promise<void> {
  const list = listEnvironments(toMainFolder(findStateFolder(io.env))).map((environment) => ({
    environment,
    isRunning: findEnvironmentProcesses(environment.stateDir).length > 0,
  }));
  io.result(list.map(toEnvironmentDocument), renderEnvironments(list));
}

async function runCreate(io: CommandIo, options: CreateOptions, [name = '']: string[]): Promise<void> {
  const folder = findNewFolder(io, name);
  const environment = await bootstrapEnvironment({
    ...(await loadManifest(findConfigFile({ config: options.config, cwd: io.cwd }))),
    stateDir: folder.path,
    name,
    type: options.type === undefined ? undefined : parseType(options.type),
    frontDoorPort: options.port,
    consolePort: options.consolePort,
    say: io.note,
  });
  const text = `${name} is there, and empty. Start it: ./alwayson up --env ${name} --detach`;
  io.result(toEnvironmentDocument({ environment, isRunning: false }), text);
}

async function runSetType(
  io: CommandIo,
  _options: GlobalOptions,
  [name = '', type = '']: string[],
): Promise<void> {
  const environment = { ...findEnvironment(io, name), type: parseType(type) };
  writeEnvironment(environment);
  // Only at its start it reads what type it is; the workload serves without it meanwhile.
  const isRunning = (await findWitnessHost(environment)) !== undefined;
  if (isRunning) await createWitnessClient(environment).restartUnit(controlPlaneUnitId);
  io.result(toEnvironmentDocument({ environment, isRunning }), `${name} is of type ${type}.`);
}

async function runDelete(io: CommandIo, options: DeleteOptions, [name = '']: string[]): Promise<void> {
  const { stateDir, type } = findEnvironment(io, name);
  if (type === 'production') {
    throw new AlwaysOnError('AON_PROTECTED', `${name} is of type production.`, {
      hint: `If it is not needed any more: ./alwayson env set-type ${name} sandbox, then delete it.`,
    });
  }
  await assertRemovalWanted('env delete', { stateDir, isSaid: options.yes === true });
  const stopped = await stopEnvironment({ stateDir, note: io.note });
  const removed = purgeEnvironment(stateDir);
  io.result({ stopped, removed }, `Stopped ${stopped} processes. Removed ${removed.join(' and ')}.`);
}

function toEnv(io: CommandIo, name: string): NodeJS.ProcessEnv {
  return { ...io.env, ALWAYSON_ENV: name };
}

function findEnvironment(io: CommandIo, name: string) {
  const { path } = findStateFolder(toEnv(io, name));
  const environment = readEnvironmentIfSound(path);
  if (environment !== undefined) return environment;
  throw new AlwaysOnError('AON_NOT_FOUND', `There is no environment ${name}.`, {
    hint: 'See ./alwayson env for those that exist.',
  });
}

function parseType(text: string): EnvironmentType {
  const type = EnvironmentType.safeParse(text);
  if (type.success) return type.data;
  throw new AlwaysOnError('AON_USAGE', `"${text}" is no type: ${environmentTypes.join(' or ')}.`);
}
