import type { Command } from 'commander';
import { registerCommand } from './register-command.ts';
import { runSwitch, runSwitchEnd } from './run-switch.ts';
import {
  addSwitchEndOptions,
  addSwitchOptions,
  type SwitchEndOptions,
  type SwitchOptions,
} from './switch-options.ts';

const summary = "take a region's stamps out of service, or put them back";
const details =
  "Refused when the other regions could not carry the load. Its gateway goes on and sends requests to the other regions' stamps; where data is written does not move.";

export function registerRegion(program: Command): void {
  const region = program.command('region').summary(summary).description(summary);
  addSwitchOptions(
    registerCommand<SwitchOptions>(
      region,
      {
        usage: 'off <name>',
        summary: 'no traffic to its stamps, also those of releases to come',
        example: 'region off west --reason "network works" --until 2026-01-31T18:00',
        details,
      },
      (io, options, [name = '']) =>
        runSwitch(io, { target: { kind: 'region', name }, action: 'off' }, options),
    ),
  );
  addSwitchEndOptions(
    registerCommand<SwitchEndOptions>(
      region,
      {
        usage: 'on <name>',
        summary: 'put it back into service',
        example: 'region on west',
        details: 'Stamps that were taken off by themselves stay off.',
      },
      (io, options, [name = '']) =>
        runSwitchEnd(io, { target: { kind: 'region', name }, ends: 'traffic' }, options),
    ),
  );
}
