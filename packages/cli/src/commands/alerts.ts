import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderAlerts } from '../output/render-alerts.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { findOwner } from './switch-options.ts';

interface ListOptions extends GlobalOptions {
  all?: boolean;
}

interface AckOptions extends GlobalOptions {
  reason: string;
  owner?: string;
}

export function registerAlerts(program: Command): void {
  const summary = 'what is wrong, at its root; whose it is; what to do';
  const alerts = program.command('alerts').summary(summary).description(summary);
  registerCommand<ListOptions>(
    alerts,
    {
      usage: 'list',
      summary: 'alerts that are not resolved, the worst first (also: ./alwayson alerts)',
      example: 'alerts --all',
      isDefault: true,
    },
    async (io, { all }) => {
      const state = all ? 'all' : 'active';
      const found = await askControlPlane(io.env, (client) => client.alerts({ state }));
      io.result(found, renderAlerts(found, io.out, Date.now()));
    },
  ).option('-a, --all', 'resolved ones too, for a week');
  registerCommand<AckOptions>(
    alerts,
    {
      usage: 'ack <id>',
      summary: 'take an alert on: it is not sent again unless it gets worse',
      example: 'alerts ack alert-3f9c2e1b --reason "restarting the writer"',
    },
    async (io, options, [id = '']) => {
      const request = { owner: findOwner(options), reason: options.reason };
      const alert = await askControlPlane(io.env, (client) => client.acknowledgeAlert(id, request));
      io.result(alert, `${request.owner} has taken on: ${alert.title}.\nRunbook: ${alert.runbook}`);
    },
  )
    .requiredOption('--reason <text>', 'what is being done about it')
    .option('--owner <name>', 'who has it (default: your user name)');
}
