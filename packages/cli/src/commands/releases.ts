import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { HistoryEntry, ListedRelease, RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Command } from 'commander';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderHistory } from '../output/render-history.ts';
import { renderReleases } from '../output/render-releases.ts';
import { renderRollout } from '../output/render-rollout.ts';
import { isOver } from '../output/rollout-words.ts';
import { followRollout } from './follow-rollout.ts';
import { withNearestRelease } from './hint-release.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

const historyMax = 1000;

interface ShowOptions extends GlobalOptions {
  watch?: boolean;
}

export function registerReleases(program: Command): void {
  const summary = 'the releases that are kept, how each came in, and their history';
  const releases = program.command('releases').summary(summary).description(summary);
  registerCommand<GlobalOptions>(
    releases,
    {
      usage: 'list',
      summary: 'versions, newest first, and which is live (also: ./alwayson releases)',
      example: 'releases',
      isDefault: true,
    },
    async (io) => {
      const found = await askControlPlane(io.env, (client) => client.releases());
      io.result(found, renderReleases(found));
    },
  );
  registerCommand<ShowOptions>(
    releases,
    {
      usage: 'show [version]',
      summary: 'the last rollout, or that of one release: phases, gates, what it cost, history',
      example: 'releases show 1.4.0',
      details:
        'VERSION may also be a digest, or its first characters. With --watch it follows a rollout that runs to its end.',
    },
    (io, options, [ref]) => show(io, options, ref),
  ).option('-w, --watch', 'stay until its end');
  registerCommand<GlobalOptions>(
    releases,
    {
      usage: 'verify',
      summary: 'check that no line of the history was changed, removed or added',
      example: 'releases verify',
      details: 'Exit code 1 when one was, with its number.',
    },
    verify,
  );
}

interface Shown {
  /** Null where no release was named. */
  release: ListedRelease | null;
  /** Null for one that came without: by `up`. */
  rollout: RolloutReport | null;
  history: HistoryEntry[];
}

async function show(io: CommandIo, { watch }: ShowOptions, ref: string | undefined): Promise<void> {
  const shown = await askControlPlane(io.env, (client) =>
    ref === undefined ? findLast(client) : findOf(client, ref),
  );
  const { rollout, release, history } = shown;
  if (watch === true && rollout !== null && !isOver(rollout)) {
    await followRollout(io, rollout);
    return;
  }
  const head =
    rollout === null
      ? `${release === null ? 'The release' : `${release.version} (${release.digest.slice(0, 12)}) is ${release.state} and`} came in without a rollout.`
      : renderRollout(rollout, io.out, { nowMs: Date.now(), allChecks: true });
  const lines = history.length === 0 ? [] : ['History:', ...renderHistory(history)];
  io.result(shown, [head, ...lines].join('\n'));
}

async function findLast(client: ControlPlaneClient): Promise<Shown> {
  const rollout = await client.rollout();
  const history = await client.releaseHistory({ rollout: rollout.id, limit: historyMax });
  return { release: null, rollout, history };
}

async function findOf(client: ControlPlaneClient, ref: string): Promise<Shown> {
  const release = await withNearestRelease(client, ref, () => client.release(ref));
  const { digest } = release;
  const id = (await client.releaseHistory({ release: digest, limit: 1 })).at(-1)?.rollout;
  if (id === undefined) return { release, rollout: null, history: [] };
  const rollout = await client.rollout(id).catch((error: unknown) => {
    // Its operation may be older than what the journal keeps; the history has it all.
    if (isAlwaysOnError(error) && error.code === 'AON_NOT_FOUND') return null;
    throw error;
  });
  return { release, rollout, history: await client.releaseHistory({ rollout: id, limit: historyMax }) };
}

async function verify(io: CommandIo): Promise<void> {
  const check = await askControlPlane(io.env, (client) => client.verifyReleaseHistory());
  if (!check.whole) {
    throw new AlwaysOnError(
      'AON_STATE_CORRUPT',
      `The release history is broken at entry ${check.brokenAt ?? '?'} of ${check.entries}: it was changed after it was written.`,
      {
        hint: 'Compare control-plane/releases.jsonl of the state folder with a copy of it: what stands before that entry holds.',
      },
    );
  }
  io.result(
    check,
    `The release history is whole: ${check.entries} entries, each with the hash of the one before.`,
  );
}
