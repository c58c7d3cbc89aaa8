import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { sayRelease, sayStep } from '../output/rollout-words.ts';
import { type CommandDefinition, registerCommand } from './register-command.ts';
import { addSwitchEndOptions, findOwner, type SwitchEndOptions } from './switch-options.ts';

type Order = 'promote' | 'pause' | 'resume';

interface OrderDefinition extends Omit<CommandDefinition, 'usage'> {
  order: Order;
  /** What is so from now on, as a sentence. */
  say: (report: RolloutReport) => string;
}

export function registerPromote(program: Command): void {
  registerOrder(program, {
    order: 'promote',
    summary: 'let the release that is looked at go on, without waiting for its gate',
    example: 'promote --reason "no traffic at night"',
    details:
      'For a release that is held because too little was measured. The gates of later steps still count.',
    say: (report) => `${sayRelease(report)} goes on past ${sayPlace(report)}.`,
  });
}

export function registerPause(program: Command): void {
  registerOrder(program, {
    order: 'pause',
    summary: 'let the release on its way stand still where it is',
    example: 'pause --reason "looking at a slow query"',
    details: 'A gate that fails undoes it all the same, and so does a pause of more than holdMinutes.',
    say: (report) =>
      `${sayRelease(report)} stands still at ${sayPlace(report)}. ./alwayson resume goes on, ./alwayson abort goes back to ${report.fromVersion}.`,
  });
}

export function registerResume(program: Command): void {
  registerOrder(program, {
    order: 'resume',
    summary: 'end a pause: the release goes on from where it stands',
    example: 'resume',
    say: (report) => `${sayRelease(report)} goes on from ${sayPlace(report)}.`,
  });
}

function registerOrder(program: Command, { order, say, ...definition }: OrderDefinition): void {
  addSwitchEndOptions(
    registerCommand<SwitchEndOptions>(program, { usage: order, ...definition }, async (io, options) => {
      const { reason } = options;
      const request = { order, owner: findOwner(options), ...(reason ? { reason } : {}) };
      const report = await askControlPlane(io.env, (client) => client.order(request));
      io.result(report, say(report));
    }),
  );
}

function sayPlace(report: RolloutReport): string {
  const { phase } = report;
  return phase === 'shift' || phase === 'bake' ? `${phase} of ${sayStep(report)}` : phase;
}
