import { AlwaysOnError, errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { RecoveryMode } from '@alwayson/protocol/recovery.ts';
import type { Command } from 'commander';
import { runDrill } from '../drill/run-drill.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import { findStateFolder } from '../environment/state-folder.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderDrill, renderDrillSchedules, renderDrills } from '../output/render-drills.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { findOwner } from './switch-options.ts';

interface DrillOptions extends GlobalOptions {
  keep?: boolean;
  schedule?: string;
  owner?: string;
}

const summaries: Record<RecoveryMode, string> = {
  planned: 'rehearse a planned switch to the other region',
  emergency: 'rehearse the loss of the region that writes',
  restore: 'rehearse a restore to a moment of some seconds ago',
};

const details = [
  'A copy of the environment is made (see `env copy`), load is put on it, the very same operation is done to it, every acknowledged write is',
  'looked for, and the copy is removed. The environment itself only makes a backup. What was measured is filed, and quoted by --plan of the',
  'operation. It needs room for a second environment, and takes some minutes.',
  '',
  'With --schedule nothing happens now: from then on a drill begins by itself at these moments, one for each mode, as long as the environment runs.',
].join('\n');

export function registerDrill(program: Command): void {
  const summary = 'rehearse recovery on a copy, and measure it';
  const drill = program.command('drill').summary(summary).description(summary);
  registerCommand<GlobalOptions>(
    drill,
    {
      usage: 'list',
      summary: 'those that were, newest first (also: ./alwayson drill)',
      example: 'drill',
      isDefault: true,
    },
    async (io) => {
      const drills = await askControlPlane(io.env, (client) => client.drills());
      io.result(drills, renderDrills(drills));
    },
  );
  registerCommand<GlobalOptions>(
    drill,
    { usage: 'schedules', summary: 'those that begin by themselves', example: 'drill schedules' },
    async (io) => {
      const schedules = await askControlPlane(io.env, (client) => client.drillSchedules());
      io.result(schedules, renderDrillSchedules(schedules));
    },
  );
  for (const mode of ['planned', 'emergency', 'restore'] as const) {
    registerCommand<DrillOptions>(
      drill,
      { usage: mode, summary: summaries[mode], example: `drill ${mode}`, details },
      (io, options) =>
        options.schedule === undefined
          ? run(io, mode, options)
          : schedule(io, mode, { ...options, schedule: options.schedule }),
    )
      .option('--keep', 'leave the copy, to be looked at')
      .option('--schedule <cron>', "let it begin by itself, as '0 3 * * 0' (Sundays at three); off ends that")
      .option('--owner <name>', 'who is responsible (default: your user name)');
  }
}

async function run(io: CommandIo, mode: RecoveryMode, options: DrillOptions): Promise<void> {
  const target = findStateFolder({ ...io.env, ALWAYSON_ENV: toName(new Date()) });
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => ended.abort(new Error('It was stopped from outside.')));
  const report = await askControlPlane(io.env, (client, source) =>
    runDrill({
      mode,
      source,
      client,
      target,
      owner: findOwner(options),
      isKept: options.keep === true,
      signal: ended.signal,
      note: io.note,
    }),
  );
  if (options.keep === true) io.note(`The copy stays: ./alwayson status --env ${target.name}`);
  io.result(report, renderDrill(report, io.out));
  if (report.state === 'failed') process.exitCode = errorCatalogue.AON_DRILL_FAILED.exit;
}

async function schedule(
  io: CommandIo,
  mode: RecoveryMode,
  { schedule: cron, owner, keep }: DrillOptions & { schedule: string },
): Promise<void> {
  if (keep === true)
    throw new AlwaysOnError(
      'AON_USAGE',
      'A copy of a scheduled drill is never kept: nobody would remove it.',
    );
  const request = { mode, cron: cron === 'off' ? null : cron, owner: findOwner(owner ? { owner } : {}) };
  const schedules = await askControlPlane(io.env, (client) => client.scheduleDrill(request));
  io.result(schedules, renderDrillSchedules(schedules));
}

/** `drill-20260131-1800`: never that of another. */
function toName(at: Date): string {
  const [day = '', time = ''] = at.toISOString().replace(/[-:]/g, '').split('T');
  return `drill-${day}-${time.slice(0, 6)}`;
}
