import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { addFollowOptions, type FollowOptions, followOrLeave } from './follow-options.ts';
import { withNearestRelease } from './hint-release.ts';
import { registerCommand } from './register-command.ts';
import { tellPlan } from './tell-plan.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

interface RollbackOptions extends SwitchEndOptions, FollowOptions {
  plan?: boolean;
}

export function registerRollback(program: Command): void {
  const command = registerCommand<RollbackOptions>(
    program,
    {
      usage: 'rollback [version]',
      summary: 'bring a former release back, as carefully as a new one goes in',
      example: 'rollback --reason "checkout is slow since 1.4.0"',
      details: [
        'Without VERSION: the release that was live before. A release that is still on its way is undone by ./alwayson abort.',
        'Ctrl-C stops following (exit code 130), not the rollback.',
      ].join('\n'),
    },
    async (io, options, [release]) => {
      const { reason } = options;
      const request = {
        owner: findOwner(options),
        ...(release === undefined ? {} : { release }),
        ...(reason ? { reason } : {}),
      };
      if (options.plan === true) {
        const plan = await askControlPlane(io.env, (client) =>
          withNearestRelease(client, release, () => client.planRollback(request)),
        );
        tellPlan(io, plan, ['rollback', plan.version, ...(reason ? ['--reason', reason] : [])]);
        return;
      }
      const report = await askControlPlane(io.env, (client) =>
        withNearestRelease(client, release, () => client.rollback(request)),
      );
      // Going back to what still has its stamps is the end of the release on its way, which is then undone.
      const wanted = report.kind === 'deploy' ? 'undone' : 'succeeded';
      await followOrLeave(io, report, { ...options, wanted });
    },
  );
  command.option('--plan', 'only say what would be done (exit code 3 when it would be refused)');
  addSwitchEndOptions(command);
  addFollowOptions(command);
}
