import type { Command } from 'commander';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { runSwitch, runSwitchEnd } from './run-switch.ts';
import {
  addSwitchEndOptions,
  addSwitchOptions,
  type SwitchEndOptions,
  type SwitchOptions,
} from './switch-options.ts';

const summary = 'take a stamp out of service, or put it back';
const guard =
  'Refused when the stamps that remain could not carry the load. Its processes go on running, and its worker goes on working.';

export function registerStamp(program: Command): void {
  const stamp = program.command('stamp').summary(summary).description(summary);
  const target = (id = '') => ({ kind: 'stamp', name: id }) as const;
  addSwitchOptions(
    registerCommand<SwitchOptions>(
      stamp,
      {
        usage: 'off <id>',
        summary: 'no traffic: requests in flight end, then its gateways hold it in maintenance',
        example: 'stamp off west-1-3fa2b1 --reason "new disk" --for 30m',
        details: guard,
      },
      (io, options, [id]) => runSwitch(io, { target: target(id), action: 'off' }, options),
    ),
  );
  addSwitchOptions(
    registerCommand<SwitchOptions>(
      stamp,
      {
        usage: 'drain <id>',
        summary: 'nothing new; its gateways go on checking it',
        example: 'stamp drain west-1-3fa2b1 --reason "looking at a slow query"',
        details: guard,
      },
      (io, options, [id]) => runSwitch(io, { target: target(id), action: 'drain' }, options),
    ),
  );
  addSwitchEndOptions(
    registerCommand<GlobalOptions & SwitchEndOptions>(
      stamp,
      { usage: 'on <id>', summary: 'put it back into service', example: 'stamp on west-1-3fa2b1' },
      (io, options, [id]) => runSwitchEnd(io, { target: target(id), ends: 'traffic' }, options),
    ),
  );
}
