import type { SwitchTargetRequest } from '@alwayson/protocol/switches.ts';
import type { Command } from 'commander';
import { registerCommand } from './register-command.ts';
import { runSwitch, runSwitchEnd } from './run-switch.ts';
import {
  addSwitchEndOptions,
  addSwitchOptions,
  type SwitchEndOptions,
  type SwitchOptions,
} from './switch-options.ts';

const summary = 'mark a stamp, zone, region or the whole workload as under maintenance';
const details =
  'ENTITY is a stamp, zone or region as ./alwayson status shows it; without one the whole workload. It is marked in the health model, and its stamps get nothing new (of the whole workload it is the mark alone). Availability goes on being counted.';

export function registerMaintenance(program: Command): void {
  const maintenance = program.command('maintenance').summary(summary).description(summary);
  const target = (name?: string): SwitchTargetRequest =>
    name === undefined ? { kind: 'workload' } : { name };
  addSwitchOptions(
    registerCommand<SwitchOptions>(
      maintenance,
      {
        usage: 'start [entity]',
        summary: 'work is done there from now on',
        example: 'maintenance start west-1 --reason "kernel update" --for 2h',
        details,
      },
      (io, options, [name]) => runSwitch(io, { target: target(name), action: 'maintenance' }, options),
    ),
  );
  addSwitchEndOptions(
    registerCommand<SwitchEndOptions>(
      maintenance,
      { usage: 'end [entity]', summary: 'the work is done', example: 'maintenance end west-1' },
      (io, options, [name]) => runSwitchEnd(io, { target: target(name), ends: 'maintenance' }, options),
    ),
  );
}
