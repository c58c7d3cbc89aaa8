import { setTimeout as delay } from 'node:timers/promises';
import { AlwaysOnError, errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { type RecoveryPlan, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryPlan } from '../output/render-recovery.ts';
import { followRecovery, switchDeadlineMs } from './follow-recovery.ts';
import { registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

interface FailbackOptions extends SwitchEndOptions {
  plan?: boolean;
  wait?: string;
}

const pollMs = 1000;
const waitMinutes = 30;

const details = [
  'Goes to where the writer was before the last change. After the loss of a region that is: its servers start without taking writes, what only',
  'they had is kept and counted, they are rewound or copied anew and catch up, all by themselves; this command waits for it, says what for, and',
  'then makes a planned switch, in which nothing is lost.',
].join('\n');

export function registerFailback(program: Command): void {
  const command = registerCommand<FailbackOptions>(
    program,
    {
      usage: 'failback',
      summary: 'let the region write again that did before the last failover, once its copies are whole',
      example: 'failback --plan',
      details,
    },
    runFailback,
  )
    .option('--plan', 'only say what would happen, and whether it may now')
    .option('--wait <minutes>', `for the region to be whole; ${waitMinutes} when it is not said`);
  addSwitchEndOptions(command);
}

async function runFailback(io: CommandIo, options: FailbackOptions): Promise<void> {
  const minutes = Number(options.wait ?? waitMinutes);
  if (!(minutes >= 0))
    throw new AlwaysOnError('AON_USAGE', `--wait takes minutes, not ${options.wait ?? ''}.`);
  const region = await askControlPlane(io.env, async (client) => findHome(await client.operations()));
  if (options.plan === true) {
    const plan = await readPlan(io, region);
    io.result(plan, renderRecoveryPlan(plan, io.out));
    if (!plan.isReady) process.exitCode = errorCatalogue.AON_NOT_READY.exit;
    return;
  }
  await untilReady(io, region, minutes * 60_000);
  const { reason } = options;
  const why = reason === undefined ? {} : { reason };
  const owner = findOwner(options);
  const request = { region, mode: 'planned', acceptDataLoss: false, owner, ...why } as const;
  await followRecovery(io, (client) => client.failover(request), switchDeadlineMs);
}

function readPlan(io: CommandIo, region: string): Promise<RecoveryPlan> {
  return askControlPlane(io.env, (client) => client.failoverPlan({ region, mode: 'planned' }));
}

/** Where the writer was before it last changed its region. Operations are the newest first. */
function findHome(operations: readonly Operation[]): string {
  for (const { state, result } of operations) {
    const report = RecoveryReport.safeParse(result).data;
    if (state === 'succeeded' && report !== undefined && report.from !== report.to) return report.from;
  }
  throw new AlwaysOnError(
    'AON_NOT_READY',
    'The writer has not changed its region, as far as is remembered.',
    {
      hint: 'Name the region: ./alwayson failover REGION',
    },
  );
}

/** Throws AON_TIMEOUT with what is still missing. */
async function untilReady(io: CommandIo, region: string, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  let told = '';
  for (;;) {
    const { checks, isReady } = await readPlan(io, region);
    if (isReady) return;
    const failed = checks.filter(({ state }) => state === 'fail');
    const missing = failed.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
    if (performance.now() >= giveUpAt)
      throw new AlwaysOnError('AON_TIMEOUT', `${region} is not ready to write again. ${missing}.`);
    if (missing !== told) io.note(`Waiting for ${region}. ${missing}`);
    told = missing;
    await delay(pollMs);
  }
}
