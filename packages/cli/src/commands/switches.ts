import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderSwitches } from '../output/render-switches.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

export function registerSwitches(program: Command): void {
  registerCommand<GlobalOptions>(
    program,
    {
      usage: 'switches',
      summary: 'what operators took out of service: what, who, why, since, until',
      example: 'switches',
    },
    async (io) => {
      const switches = await askControlPlane(io.env, (client) => client.switches());
      io.result(switches, renderSwitches(switches, Date.now()));
    },
  );
}
