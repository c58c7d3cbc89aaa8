import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

const details = 'TARGET is the name of a unit, a stamp, a zone or a region, as ./alwayson status shows them.';

/** For people who want to see what happens. */
export function registerKill(program: Command): void {
  registerCommand<GlobalOptions>(
    program,
    {
      usage: 'kill <target>',
      summary: 'SIGKILL a unit, stamp, zone or region',
      example: 'kill west-1',
      details,
    },
    async (io, _options, [target = '']) => {
      const result = await askControlPlane(io.env, (client) => client.kill(target));
      io.result(result, result.message);
    },
  );
}

export function registerRevive(program: Command): void {
  registerCommand<GlobalOptions>(
    program,
    { usage: 'revive <target>', summary: 'bring back what was killed', example: 'revive west-1', details },
    async (io, _options, [target = '']) => {
      const result = await askControlPlane(io.env, (client) => client.revive(target));
      io.result(result, result.message);
    },
  );
}
