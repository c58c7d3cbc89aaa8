import { AlwaysOnError, errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryPlan } from '../output/render-recovery.ts';
import { askConsent } from './ask-consent.ts';
import { followRecovery, switchDeadlineMs } from './follow-recovery.ts';
import { registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

interface FailoverOptions extends SwitchEndOptions {
  plan?: boolean;
  emergency?: boolean;
  acceptDataLoss?: boolean;
}

const details = [
  'Without --emergency both regions are there: writes to the database wait meanwhile, and nothing is lost. Whatever fails before the new',
  'writer is named is undone by itself. With --emergency the region that writes is lost, and what it had not passed on yet: the estimate is',
  'shown, and asks for the name of the region that is to write, or for --accept-data-loss. When the lost region is back, its servers follow',
  'the new writer by themselves, and what only they had is kept and counted. The way back is `failback`.',
].join('\n');

export function registerFailover(program: Command): void {
  const command = registerCommand<FailoverOptions>(
    program,
    {
      usage: 'failover <region>',
      summary: 'let another region write: planned, or because the one that writes is lost',
      example: 'failover east --plan',
      details,
    },
    (io, options, [region = '']) => runFailover(io, options, region),
  )
    .option('--plan', 'only say what would happen, and whether it may')
    .option('--emergency', 'the region that writes is lost')
    .option('--accept-data-loss', 'do not ask: what was written last may be lost');
  addSwitchEndOptions(command);
}

async function runFailover(io: CommandIo, options: FailoverOptions, region: string): Promise<void> {
  const mode = options.emergency === true ? 'emergency' : 'planned';
  if (options.acceptDataLoss === true && mode === 'planned')
    throw new AlwaysOnError('AON_USAGE', '--accept-data-loss is for --emergency: nothing else loses data.');
  const plan = await askControlPlane(io.env, (client) => client.failoverPlan({ region, mode }));
  if (options.plan === true) {
    io.result(plan, renderRecoveryPlan(plan, io.out));
    if (!plan.isReady) process.exitCode = errorCatalogue.AON_NOT_READY.exit;
    return;
  }
  const { reason, acceptDataLoss = false } = options;
  const isAccepted = mode === 'planned' || acceptDataLoss || (await askConsent(io, plan, plan.to));
  const why = reason === undefined ? {} : { reason };
  const request = { region, mode, acceptDataLoss: isAccepted, owner: findOwner(options), ...why } as const;
  await followRecovery(io, (client) => client.failover(request), switchDeadlineMs);
}
