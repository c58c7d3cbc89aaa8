import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { cloneFailed } from '@alwayson/protocol/operations.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { type FollowedMessage, followStream } from '../client/follow-stream.ts';
import { createWitnessClient } from '../client/host-client.ts';
import { findEnvironmentProcesses } from '../environment/process-table.ts';
import { createLiveRegion, createPainter } from '../output/terminal.ts';
import { controlPlaneUnitId } from './control-plane-unit.ts';
import {
  describeOperation,
  isRunning,
  renderStartChanges,
  renderStartTree,
  renderWaitingUnits,
  type StartView,
} from './render-start.ts';

/** A first start builds front ends and copies databases; a start that takes longer than this does not end by itself. */
const startDeadlineMs = 300_000;
const redrawEveryMs = 500;
const controlPlaneRestartsMax = 5;

/** Shows what is starting until all of it has been ready once. Throws AON_NOT_RUNNING when it was stopped meanwhile. */
export async function waitUntilRunning(environment: Environment, signal: AbortSignal): Promise<Status> {
  const progress = createProgress();
  const ended = new AbortController();
  const late = AbortSignal.timeout(startDeadlineMs);
  const either = AbortSignal.any([signal, ended.signal, late]);
  const watching = watchControlPlane(environment, progress, either).catch((error: unknown) =>
    ended.abort(error),
  );
  try {
    const messages = followStream(createControlPlaneClient(environment), { signal: either });
    for await (const message of messages) {
      progress.take(message);
      if (message.type === 'status' && isRunning(message.status)) return message.status;
      if (message.type === 'event' && message.event.type === cloneFailed)
        throw toCloneError(environment, message.event.message);
      if (message.type === 'disconnected') assertNotStopped(environment);
    }
    signal.throwIfAborted();
    if (late.aborted) throw toLateError(progress.view());
    throw ended.signal.reason;
  } finally {
    ended.abort();
    await watching;
    progress.close();
  }
}

interface Progress {
  take(message: FollowedMessage): void;
  /** What the witness host says of a control plane that does not answer. */
  tellControlPlane(text: string): void;
  view(): StartView;
  close(): void;
}

/** On a terminal one live tree; elsewhere a line for every zone that got further. */
function createProgress(): Progress {
  const { stderr } = process;
  const painter = createPainter(stderr);
  const region = stderr.isTTY ? createLiveRegion(stderr) : undefined;
  const startedAt = performance.now();
  const told = new Set<string>();
  let known: Omit<StartView, 'elapsedSeconds'> = {};
  const view = () => ({ ...known, elapsedSeconds: Math.round((performance.now() - startedAt) / 1000) });
  const redraw = () => region?.show(renderStartTree(view(), painter));
  const timer = region && setInterval(redraw, redrawEveryMs);
  return {
    take(message) {
      if (message.type === 'operation') known = { ...known, operation: message.operation };
      if (message.type !== 'status') return;
      if (!region) for (const line of renderStartChanges(message.status, told)) stderr.write(`${line}\n`);
      known = { ...known, status: message.status };
      redraw();
    },
    tellControlPlane(text) {
      known = { ...known, controlPlane: text };
    },
    view,
    close() {
      clearInterval(timer);
      region?.close({ clear: true });
    },
  };
}

/** A control plane that dies again and again will not answer by waiting: throws with the end of its log. */
async function watchControlPlane(
  environment: Environment,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const witness = createWitnessClient(environment);
  // Hosts count on across their own restarts: only what is added from now on speaks.
  let countedBefore: number | undefined;
  while (!signal.aborted && progress.view().status === undefined) {
    await delay(1000, undefined, { signal }).catch(() => undefined);
    const host = await witness.status({ timeoutMs: 2000 }).catch(() => undefined);
    const unit = host?.units.find(({ id }) => id === controlPlaneUnitId);
    if (!unit) continue;
    countedBefore ??= unit.restarts;
    const restarts = unit.restarts - countedBefore;
    progress.tellControlPlane(`${unit.state}${restarts > 0 ? `, ${restarts} restarts` : ''}`);
    if (restarts < controlPlaneRestartsMax) continue;
    const log = await witness.log(controlPlaneUnitId, { lines: 20 }).catch(() => '');
    const shown = log.trimEnd().replaceAll(/^/gm, '  | ');
    throw new AlwaysOnError('AON_UNIT_START_FAILED', `The control plane ended ${restarts} times.\n${shown}`, {
      hint: 'See ./alwayson logs control-plane. What was started goes on; ./alwayson down stops it.',
    });
  }
}

/** Somebody else's `down`: nothing is there any more that would get further. */
function assertNotStopped({ stateDir }: Environment): void {
  if (findEnvironmentProcesses(stateDir).length > 0) return;
  throw new AlwaysOnError('AON_NOT_RUNNING', 'The environment was stopped before all of it was up.');
}

function toCloneError({ name }: Environment, message: string): AlwaysOnError {
  return new AlwaysOnError('AON_TASK_FAILED', message, {
    hint: `Correct what it says (the mask?), remove the copy with ./alwayson env delete ${name}, and copy again.`,
  });
}

function toLateError({ status, operation }: StartView): AlwaysOnError {
  const units = status ? renderWaitingUnits(status) : '  the control plane, which never answered';
  const waiting = [units, ...describeOperation(operation).map((line) => `  ${line}`)].join('\n');
  return new AlwaysOnError(
    'AON_TIMEOUT',
    `Not everything is up after ${startDeadlineMs / 1000} s. Waiting for:\n${waiting}`,
    {
      hint: 'See ./alwayson logs UNIT for each. What was started goes on trying; ./alwayson down stops it.',
    },
  );
}
