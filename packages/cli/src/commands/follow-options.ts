import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import { type Command, Option } from 'commander';
import type { CommandIo } from '../output/command-io.ts';
import { sayRelease, sayWhat } from '../output/rollout-words.ts';
import { followRollout } from './follow-rollout.ts';

export interface FollowOptions {
  detach?: boolean;
  watch?: boolean;
}

export function addFollowOptions(command: Command): void {
  command
    .option('-d, --detach', 'return at once; it goes on by itself')
    .addOption(new Option('-w, --watch', 'stay until its end (the default)').conflicts('detach'));
}

/** Follows a rollout to its end, or with `detach` says how to see it; gives what was seen last. */
export async function followOrLeave(
  io: CommandIo,
  report: RolloutReport,
  { detach, wanted = 'succeeded' }: FollowOptions & { wanted?: 'succeeded' | 'undone' },
): Promise<RolloutReport> {
  if (detach !== true) return followRollout(io, report, wanted);
  const what = wanted === 'undone' ? `undo ${sayRelease(report)}` : sayWhat(report, sayRelease(report));
  io.result(report, `Begun: ${what} (${report.id}).\nTo see it: ./alwayson releases show --watch`);
  return report;
}
