import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { findStateFolder } from '../environment/state-folder.ts';
import type { CommandIo } from '../output/command-io.ts';
import { purgeEnvironment } from '../stop/purge-environment.ts';
import { stopEnvironment } from '../stop/stop-environment.ts';
import { assertRemovalWanted } from './ask-removal.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface DownOptions extends GlobalOptions {
  purge?: boolean;
  yes?: boolean;
}

export function registerDown(program: Command): void {
  registerCommand<DownOptions>(
    program,
    {
      usage: 'down',
      summary: 'stop every process of the environment; data stays',
      example: 'down --purge --yes',
      details: 'It also works when the control plane or the witness host is dead.',
    },
    runDown,
  )
    .option('--purge', 'then remove all its data and files')
    .option('-y, --yes', 'do not ask before removing');
}

async function runDown(io: CommandIo, options: DownOptions): Promise<void> {
  const stateDir = findStateFolder(io.env).path;
  if (options.purge) await assertRemovalWanted('down --purge', { stateDir, isSaid: options.yes === true });
  const stopped = await stopEnvironment({ stateDir, note: io.note });
  if (stopped === 0 && !options.purge) {
    throw new AlwaysOnError('AON_NOT_RUNNING', `Nothing is running from ${stateDir}.`);
  }
  const removed = options.purge ? purgeEnvironment(stateDir) : [];
  const stoppedText = stopped === 0 ? 'Nothing was running.' : `Stopped ${stopped} processes.`;
  const removedText = removed.length > 0 ? ` Removed ${removed.join(' and ')}.` : '';
  io.result({ stopped, removed }, `${stoppedText}${removedText}`);
}
