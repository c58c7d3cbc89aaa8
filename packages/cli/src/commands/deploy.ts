import { setTimeout as delay } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { DeployRequest, RolloutReport } from '@alwayson/protocol/releases.ts';
import { type Command, Option } from 'commander';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { askControlPlane, findRunningEnvironment } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { isOver } from '../output/rollout-words.ts';
import { type DeploySource, readSource } from '../releases/read-source.ts';
import { awaitPlan } from './await-plan.ts';
import { addFollowOptions, type FollowOptions, followOrLeave } from './follow-options.ts';
import { registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';
import { tellPlan } from './tell-plan.ts';
import { askUnlessAway } from './watch-report.ts';

interface DeployOptions extends SwitchEndOptions, FollowOptions {
  revision?: string;
  version?: string;
  plan?: boolean;
  planId?: string;
  override?: boolean;
}

const pollMs = 500;

export function registerDeploy(program: Command): void {
  const command = registerCommand<DeployOptions>(
    program,
    {
      usage: 'deploy <path>',
      summary: 'bring a new release into traffic, step by step; it comes back by itself when it is bad',
      example: 'deploy ./shop --version 1.4.0 --reason "stock in the list"',
      details: [
        'PATH is the folder of a workload, or its configuration file. New stamps start beside the old, traffic moves step by step,',
        'and each step is compared with the release before. Exit code 0: it is live everywhere; 1: undone or failed, with the reason',
        'and what is live; 3: refused. Ctrl-C stops following (130), not the release. See docs/guides/release.md.',
      ].join('\n'),
    },
    (io, options, [path = '']) => deploy(io, path, options),
  )
    .option('--revision <commit>', 'the files of a commit, branch or tag of the git repository of PATH')
    .option('--version <name>', 'what to call it (default: the commit, else the content)')
    .addOption(
      new Option('--plan', 'only say what would be done (exit code 3 when it would be refused)').conflicts([
        'planId',
        'detach',
        'watch',
      ]),
    )
    .option('--plan-id <id>', 'only when the plan is still this one')
    .option('--override', 'although the error budget asks for a stop; this is logged');
  addSwitchEndOptions(command);
  addFollowOptions(command);
}

async function deploy(io: CommandIo, path: string, options: DeployOptions): Promise<void> {
  if (options.config !== undefined)
    throw new AlwaysOnError('AON_USAGE', 'deploy takes its configuration file as PATH, not with --config.');
  // Before anything is read: a manifest may take a while to run.
  findRunningEnvironment(io.env);
  const source = await readSource(path, { revision: options.revision, cwd: io.cwd });
  let isNeeded = false;
  try {
    const request = toRequest(source, options);
    if (options.plan === true) {
      const plan = await awaitPlan(io, request);
      tellPlan(io, plan, ['deploy', path, ...toArguments(options), '--plan-id', plan.planId]);
      return;
    }
    let report = await askControlPlane(io.env, (client) => client.deploy(request));
    isNeeded = isBeingCopied(report);
    if (options.detach === true && request.source.kind === 'git') report = await untilCopied(io, report);
    isNeeded = isBeingCopied(await followOrLeave(io, report, options));
  } finally {
    // What was exported stays while the control plane may still copy it.
    if (!isNeeded) await source.remove();
  }
}

function toRequest({ path, source, manifest }: DeploySource, options: DeployOptions): DeployRequest {
  const { version, reason, planId, override = false } = options;
  return {
    path,
    source,
    manifest,
    owner: findOwner(options),
    override,
    ...(version === undefined ? {} : { version }),
    ...(reason === undefined ? {} : { reason }),
    ...(planId === undefined ? {} : { planId }),
  };
}

/** What a plan depends on, as it was given. */
function toArguments({ revision, version, reason, override }: DeployOptions): string[] {
  return [
    ...(revision === undefined ? [] : ['--revision', revision]),
    ...(version === undefined ? [] : ['--version', version]),
    ...(reason === undefined ? [] : ['--reason', reason]),
    ...(override === true ? ['--override'] : []),
  ];
}

function isBeingCopied(report: RolloutReport): boolean {
  return report.phase === 'prepare' && !isOver(report);
}

/** A revision is exported for the control plane, and may go when that has copied it. */
async function untilCopied(io: CommandIo, begun: RolloutReport): Promise<RolloutReport> {
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  let report = begun;
  while (isBeingCopied(report)) {
    await delay(pollMs);
    report = (await askUnlessAway(io, () => client.rollout(begun.id))) ?? report;
  }
  return report;
}
