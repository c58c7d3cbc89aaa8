import { randomUUID } from 'node:crypto';
import type { EstateRecord } from '@alwayson/core/estate/estate-record.ts';
import { beginRollout } from '@alwayson/core/rollout/rollout-state.ts';
import { toRolloutReport } from '@alwayson/core/rollout/to-rollout-report.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import {
  type DeployRequest,
  type ListedRelease,
  type Release,
  type RollbackRequest,
  type RolloutOrder,
  RolloutReport,
} from '@alwayson/protocol/releases.ts';
import type { ReleaseBoard } from '../api/release-routes.ts';
import { findRelease } from '../releases/find-release.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { ReleaseHistory } from './release-history.ts';
import type { RolloutController } from './rollout-controller.ts';
import { toFirstProgram } from './rollout-program.ts';
import type { RolloutRecord, RolloutRequest } from './rollout-record.ts';
import type { PreparedRollout } from './rollout-tools.ts';

const waitingMax = 10;

export interface BoardContext {
  record: RolloutRecord;
  controller: Pick<RolloutController, 'order' | 'isRunning'>;
  history: ReleaseHistory;
  store: ReleaseStore;
  estate: { record(): EstateRecord };
  /** Of the live release. */
  manifest: Manifest;
  /** Prepares a release and plans it, without judging the plan. */
  plan: (request: RolloutRequest, signal: AbortSignal) => Promise<PreparedRollout>;
  nudge: () => void;
  now: () => number;
}

/** What people ask of releases: the API's view of the store, the rollout that runs and those that wait. */
export function createRolloutBoard(context: BoardContext): Omit<ReleaseBoard, 'previewToken'> {
  const { record, controller, store, now } = context;
  const signal = new AbortController().signal;

  const arrive = (request: RolloutRequest): RolloutReport => {
    const isBusy = controller.isRunning() || record.requests().waiting.length > 0;
    if (isBusy) makeRoom(context, request);
    record.changeRequests((requests) => ({ ...requests, waiting: [...requests.waiting, request] }));
    context.nudge();
    return toWaitingReport(context, request);
  };

  const report = () => {
    const { state, loss, isClosed } = record.progress();
    return state === null ? null : toRolloutReport(state, { loss, isClosed }, now());
  };

  return {
    list: () => store.list().map((release) => toListed(context, release)),
    report,
    async rollout(id) {
      const running = report();
      if (running?.id === id) return running;
      const waiting = record.requests().waiting.find((request) => request.id === id);
      if (waiting !== undefined) return toWaitingReport(context, waiting);
      const [ended] = await context.history.entries({ rollout: id, kinds: ['ended'], limit: 1 });
      return ended === undefined ? null : RolloutReport.parse(ended.data);
    },
    async history({ release, rollout, limit }) {
      const digest = release === undefined ? undefined : findRelease(store.list(), release).digest;
      return context.history.entries({ rollout, release: digest, limit });
    },
    verifyHistory: () => context.history.verify(),
    plan: async (request) => (await context.plan(toDeploy(request, now()), signal)).plan,
    planRollback: async (request) => {
      return (await context.plan(toRollback(context, request), signal)).plan;
    },
    deploy: async (request) => arrive(toDeploy(request, now())),
    async rollback(request) {
      const before = report();
      const asked = toRollback(context, request);
      // The stamps of the release that was live still stand: going back to them is the end of the rollout that runs.
      if (controller.isRunning() && before !== null && asked.release === before.from) {
        controller.order({ order: 'abort', owner: request.owner, reason: request.reason ?? 'rollback' });
        return report() ?? before;
      }
      return arrive(asked);
    },
    async order(request: RolloutOrder) {
      controller.order(request);
      const after = report();
      if (after === null) throw new AlwaysOnError('AON_ROLLOUT_NONE', 'No release is on its way.');
      return after;
    },
  };
}

function toDeploy(request: DeployRequest, now: number): RolloutRequest {
  const { path, source, manifest, version, owner, reason, planId, override } = request;
  return {
    id: `deploy-${randomUUID().slice(0, 8)}`,
    kind: 'deploy',
    at: now,
    source: { path, source, manifest, ...(version === undefined ? {} : { version }) },
    release: '',
    owner,
    ...(reason === undefined ? {} : { reason }),
    ...(planId === undefined ? {} : { planId }),
    override,
  };
}

function toRollback({ record, store, now }: BoardContext, request: RollbackRequest): RolloutRequest {
  const { state, isClosed } = record.progress();
  const before = !isClosed && state !== null ? state.program.from : record.requests().previous;
  if (request.release === undefined && before === '')
    throw new AlwaysOnError('AON_ROLLOUT_NONE', 'No release was live before this one.');
  const release =
    request.release === undefined ? store.find(before) : findRelease(store.list(), request.release);
  if (release === null) {
    const message = `Release ${before.slice(0, 12)} is not kept any more.`;
    throw new AlwaysOnError('AON_NOT_FOUND', message, { hint: 'Deploy its files again.' });
  }
  return {
    id: `rollback-${randomUUID().slice(0, 8)}`,
    kind: 'rollback',
    at: now(),
    source: null,
    release: release.digest,
    owner: request.owner,
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    // To go back is repair.
    override: true,
  };
}

/** Another release is on its way: what the manifest says of that. */
function makeRoom({ manifest, record, controller }: BoardContext, request: RolloutRequest): void {
  const { whenAnotherArrives } = manifest.release;
  const { waiting } = record.requests();
  if (whenAnotherArrives === 'refuse' && request.kind === 'deploy')
    throw new AlwaysOnError('AON_ROLLOUT_RUNNING', 'Another release is on its way.');
  if (whenAnotherArrives === 'supersede') {
    record.changeRequests((requests) => ({ ...requests, waiting: [] }));
    if (controller.isRunning()) orderQuietly(controller, request);
    return;
  }
  if (waiting.length >= waitingMax)
    throw new AlwaysOnError('AON_ROLLOUT_RUNNING', `${waitingMax} releases wait already.`);
}

/** One that cannot be turned back any more is waited for. */
function orderQuietly(controller: BoardContext['controller'], { id, owner }: RolloutRequest): void {
  try {
    controller.order({ order: 'abort', owner, reason: `superseded by ${id}` });
  } catch (error) {
    if (!(error instanceof AlwaysOnError && error.code === 'AON_ROLLOUT_NONE')) throw error;
  }
}

function toWaitingReport({ store, estate, now }: BoardContext, request: RolloutRequest): RolloutReport {
  const live = store.find(estate.record().live);
  if (live === null) throw new AlwaysOnError('AON_STARTING', 'No release is live yet.');
  const state = beginRollout(toFirstProgram(request, { live, store }), request.at);
  const report = toRolloutReport(state, { loss: null, isClosed: false }, now());
  return { ...report, waitingFor: 'its turn' };
}

function toListed({ record, estate }: BoardContext, release: Release): ListedRelease {
  const { live, stamps } = estate.record();
  const { state, isClosed } = record.progress();
  const isCandidate = !isClosed && state?.program.release === release.digest && state.end === null;
  const stands = stamps.some((stamp) => stamp.release === release.digest);
  if (release.digest === live) return { ...release, state: 'live' };
  return { ...release, state: isCandidate ? 'candidate' : stands ? 'former' : 'stored' };
}
