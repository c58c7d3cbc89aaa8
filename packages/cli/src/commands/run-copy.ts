import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { readEnvironmentIfSound } from '../environment/environment-file.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import { findStateFolder, holdsData, type StateFolder } from '../environment/state-folder.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderSummary, toSummaryDocument } from '../start/render-summary.ts';
import { copyEnvironment } from '../start/copy-environment.ts';
import { parsePort } from './parse-port.ts';
import type { GlobalOptions } from './register-command.ts';
import { findOwner } from './switch-options.ts';

export interface PortOptions extends GlobalOptions {
  port?: number;
  consolePort?: number;
}

export interface CopyOptions extends PortOptions {
  /** A time (ISO 8601), or the label of a backup; a backup that is made now when absent. */
  to?: string;
  mask?: string;
  owner?: string;
}

/** What a task's standard input is given at most. */
const maskBytesMax = 65_536;

export function addPortOptions(command: Command): void {
  command
    .option('--port <number>', 'port of its front door (default: the next that is free)', parsePort)
    .option('--console-port <number>', 'port of its console (default: the next that is free)', parsePort);
}

/** Makes `name` out of the environment that `io.env` names, and tells where it is. */
export async function runCopy(io: CommandIo, options: CopyOptions, name: string): Promise<void> {
  const target = findNewFolder(io, name);
  const mask = options.mask === undefined ? '' : readMask(resolve(io.cwd, options.mask));
  const { environment, status } = await askControlPlane(io.env, (client, found) =>
    copyEnvironment({
      source: found,
      client,
      target,
      to: options.to,
      mask,
      owner: findOwner(options),
      frontDoorPort: options.port,
      consolePort: options.consolePort,
      signal: new AbortController().signal,
      note: io.note,
    }),
  );
  io.result(
    toSummaryDocument(status, environment.stateDir),
    renderSummary(status, { foreground: false, name }),
  );
}

export function findNewFolder(io: CommandIo, name: string): StateFolder {
  const folder = findStateFolder({ ...io.env, ALWAYSON_ENV: name });
  if (readEnvironmentIfSound(folder.path) === undefined && !holdsData(folder.path)) return folder;
  throw new AlwaysOnError('AON_USAGE', `There is an environment ${name} already.`, {
    hint: `Choose another name, or remove it first: ./alwayson env delete ${name} --yes.`,
  });
}

function readMask(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AlwaysOnError('AON_USAGE', `${file} cannot be read.`, { cause });
  }
  if (Buffer.byteLength(text) <= maskBytesMax) return text;
  throw new AlwaysOnError('AON_USAGE', `${file} is larger than ${maskBytesMax / 1024} KiB.`);
}
