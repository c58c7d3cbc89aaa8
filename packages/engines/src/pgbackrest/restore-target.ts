import type { RestoreTarget } from '@alwayson/protocol/recovery.ts';

/** What is restored out of a repository. */
export type TargetInRepository = Pick<RestoreTarget, 'label' | 'time'>;

/** Options of pgBackRest's restore, and what the server that replays has to be told. */
export function renderTarget({ label, time }: TargetInRepository): {
  options: string;
  settings: readonly string[];
} {
  // A backup's own history, which may have been left since: what is wanted is the backup, and nothing after it.
  if (time === null)
    return { options: `--set=${label} --type=immediate`, settings: ["recovery_target_timeline = 'current'"] };
  return { options: `--set=${label} --type=time --target="${toText(time)}"`, settings: [] };
}

/** As pgBackRest wants it. */
function toText(time: number): string {
  return `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')}+00`;
}
