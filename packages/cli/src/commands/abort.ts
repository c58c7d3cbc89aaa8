import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { followOrLeave, type FollowOptions, addFollowOptions } from './follow-options.ts';
import { registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

type AbortOptions = SwitchEndOptions & FollowOptions;

export function registerAbort(program: Command): void {
  const command = registerCommand<AbortOptions>(
    program,
    {
      usage: 'abort',
      summary: 'undo the release on its way: all traffic goes back to the one before',
      example: 'abort --reason "the total is wrong"',
      details:
        'Exit code 0 when it was undone. Refused (3) when nothing is on its way, or it is live already: then ./alwayson rollback.',
    },
    async (io, options) => {
      const { reason } = options;
      const request = { order: 'abort', owner: findOwner(options), ...(reason ? { reason } : {}) } as const;
      const report = await askControlPlane(io.env, (client) => client.order(request));
      await followOrLeave(io, report, { ...options, wanted: 'undone' });
    },
  );
  addSwitchEndOptions(command);
  addFollowOptions(command);
}
