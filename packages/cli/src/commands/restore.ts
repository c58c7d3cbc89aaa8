import { AlwaysOnError, errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryPlan } from '../output/render-recovery.ts';
import { askConsent } from './ask-consent.ts';
import { followRecovery } from './follow-recovery.ts';
import { parseTarget } from './parse-target.ts';
import { registerCommand } from './register-command.ts';
import { addPortOptions, type PortOptions, runCopy } from './run-copy.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

interface RestoreOptions extends SwitchEndOptions, PortOptions {
  to: string;
  plan?: boolean;
  acceptDataLoss?: boolean;
  into?: string;
  mask?: string;
}

/** A large database takes its time. */
const deadlineMs = 7_200_000;

const details = [
  'The data is restored beside a standby of the other region while everything goes on, replayed up to the target, and every page of it is read.',
  'Only then do writes wait, for seconds, until the restored server is named the writer. What was written after the target is undone; the',
  'backup that is made first, and what the old writer had, are kept. Whatever fails before the new writer is named is undone by itself.',
  'It asks for consent, or for --accept-data-loss. With --into a new environment begins with that data, and nothing happens to this one.',
].join('\n');

export function registerRestore(program: Command): void {
  const command = registerCommand<RestoreOptions>(
    program,
    {
      usage: 'restore',
      summary: 'put the data of a former moment, or of a backup, in the place of the present',
      example: 'restore --to "2026-01-31 18:00" --plan',
      details,
    },
    runRestore,
  )
    .requiredOption(
      '--to <time or backup>',
      'as 2026-01-31T18:00 (local), or a label of `backup list`',
      parseTarget,
    )
    .option('--plan', 'only say what would happen, and whether it may')
    .option('--accept-data-loss', 'do not ask: what was written after the target is undone')
    .option('--into <name>', 'make a new environment of it, as `env copy --to` does')
    .option('--mask <file>', 'with --into: SQL that removes what it must not have');
  addPortOptions(command);
  addSwitchEndOptions(command);
}

/** Nothing that was said is passed over, least of all that nothing is to happen. */
function assertFit({ into, plan, mask, port, consolePort }: RestoreOptions): void {
  if (into !== undefined && plan === true)
    throw new AlwaysOnError(
      'AON_USAGE',
      '--plan tells what a restore of this environment would do, and --into leaves it alone.',
    );
  if (into === undefined && [mask, port, consolePort].some((option) => option !== undefined))
    throw new AlwaysOnError(
      'AON_USAGE',
      '--mask, --port and --console-port are for the new environment that --into names.',
    );
}

async function runRestore(io: CommandIo, options: RestoreOptions): Promise<void> {
  const { to, reason, acceptDataLoss = false, into } = options;
  assertFit(options);
  if (into !== undefined) return runCopy(io, options, into);
  const plan = await askControlPlane(io.env, (client) => client.restorePlan({ to }));
  if (options.plan === true) {
    io.result(plan, renderRecoveryPlan(plan, io.out));
    if (!plan.isReady) process.exitCode = errorCatalogue.AON_NOT_READY.exit;
    return;
  }
  const isAccepted = acceptDataLoss || (await askConsent(io, plan, 'restore'));
  const why = reason === undefined ? {} : { reason };
  const request = { to, acceptDataLoss: isAccepted, owner: findOwner(options), ...why };
  await followRecovery(io, (client) => client.restore(request), deadlineMs);
}
