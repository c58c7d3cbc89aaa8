import { setTimeout as delay } from 'node:timers/promises';
import { AlwaysOnError, type ErrorCode, errorCatalogue, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { findRunningEnvironment } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { describeRolloutChange } from '../output/describe-rollout-change.ts';
import { toFailure } from '../output/render-failure.ts';
import { renderRollout } from '../output/render-rollout.ts';
import { isOver, sayRelease, saySeconds } from '../output/rollout-words.ts';
import { createLiveRegion, createPainter } from '../output/terminal.ts';
import { askUnlessAway } from './watch-report.ts';

const pollMs = 500;
/** As a shell says it of a command that Ctrl-C ended. */
const interruptedExit = 130;

const awayNote =
  'The control plane does not answer. Traffic stays as it is, and the rollout goes on when it is back.';

/**
 * Follows a rollout to its end, across restarts of the control plane, and tells it: in place on a terminal, else a line for each
 * change; then the report, which it gives. The exit code is that of a failure unless it ended as `wanted`. Ctrl-C ends the following, not the rollout.
 */
export async function followRollout(
  io: CommandIo,
  begun: RolloutReport,
  wanted: 'succeeded' | 'undone' = 'succeeded',
): Promise<RolloutReport> {
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  process.on('SIGINT', onInterrupt);
  const progress = createProgress(io);
  try {
    const report = await followToEnd(io, begun, { progress, signal: interrupted.signal });
    progress.close();
    io.result(report, renderRollout(report, io.out, { nowMs: Date.now() }));
    if (isOver(report)) tellFailure(io, report, wanted);
    else leave(io, report);
    return report;
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.close();
  }
}

function leave(io: CommandIo, report: RolloutReport): void {
  const ways = 'To see it: ./alwayson releases show --watch. To undo it: ./alwayson abort.';
  io.note(`${sayRelease(report)} goes on without this command. ${ways}`);
  process.exitCode = interruptedExit;
}

async function followToEnd(
  io: CommandIo,
  begun: RolloutReport,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<RolloutReport> {
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  let report = begun;
  progress.show(report);
  while (!isOver(report) && !signal.aborted) {
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const next = await askUnlessAway(io, () => client.rollout(begun.id)).catch((error: unknown) => {
      throw toDropped(error, report);
    });
    if (next === undefined) progress.showAway(report);
    else progress.show(next);
    report = next ?? report;
  }
  return report;
}

/** One that waits for its turn is forgotten when a later release takes its place. */
function toDropped(error: unknown, report: RolloutReport): unknown {
  if (!isAlwaysOnError(error) || error.code !== 'AON_NOT_FOUND') return error;
  const message = `${sayRelease(report)} did not begin: a later release took its place.`;
  return new AlwaysOnError('AON_ROLLOUT_UNDONE', message, {
    hint: 'See ./alwayson releases for what is live.',
  });
}

interface Progress {
  show(report: RolloutReport): void;
  /** The control plane does not answer: what was seen last. */
  showAway(report: RolloutReport): void;
  close(): void;
}

function createProgress(io: CommandIo): Progress {
  return process.stderr.isTTY && !io.json ? createLiveProgress() : createLineProgress(io);
}

function createLiveProgress(): Progress {
  const painter = createPainter(process.stderr);
  const region = createLiveRegion(process.stderr);
  const render = (report: RolloutReport) => renderRollout(report, painter, { nowMs: Date.now() }).split('\n');
  return {
    show: (report) => region.show(render(report)),
    showAway: (report) => region.show([awayNote, ...render(report)]),
    close: () => region.close({ clear: true }),
  };
}

function createLineProgress(io: CommandIo): Progress {
  let last: RolloutReport | undefined;
  let isAway = false;
  return {
    show(report) {
      if (isAway) io.note('The control plane is back.');
      isAway = false;
      const seconds = Math.max(0, Date.now() - Date.parse(report.startedAt)) / 1000;
      for (const line of describeRolloutChange(last, report))
        io.note(`${saySeconds(Math.floor(seconds)).padStart(6)}  ${line}`);
      last = report;
    },
    showAway() {
      if (!isAway) io.note(awayNote);
      isAway = true;
    },
    close: () => undefined,
  };
}

/** With `--json` the report is the one document, and the exit code tells the rest. */
function tellFailure(io: CommandIo, report: RolloutReport, wanted: 'succeeded' | 'undone'): void {
  if (report.state === wanted) return;
  const failure = toFailure(wanted === 'undone' ? toLateAbort(report) : toRolloutError(report));
  process.exitCode = failure.exitCode;
  if (!io.json) io.note(failure.text);
}

function toRolloutError(report: RolloutReport): AlwaysOnError {
  const { code, reason = 'no reason was told', live, state } = report;
  const known = code !== undefined && code in errorCatalogue ? (code as ErrorCode) : 'AON_ROLLOUT_UNDONE';
  const isLive = live === undefined ? '' : ` ${live} is live.`;
  return new AlwaysOnError(
    known,
    `${sayRelease(report)} ${state === 'failed' ? 'failed' : 'was undone'}: ${reason}.${isLive}`,
  );
}

function toLateAbort(report: RolloutReport): AlwaysOnError {
  if (report.state === 'failed') return toRolloutError(report);
  return new AlwaysOnError('AON_ROLLOUT_NONE', `${sayRelease(report)} was live before it could be undone.`, {
    hint: `Bring ${report.fromVersion} back with ./alwayson rollback.`,
  });
}
