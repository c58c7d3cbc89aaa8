import { applyOrder } from '@alwayson/core/rollout/apply-order.ts';
import { decideRollout } from '@alwayson/core/rollout/decide-rollout.ts';
import type { Order } from '@alwayson/core/rollout/rollout-observation.ts';
import { liveOf, type RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import type { Controller } from '../controller.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import { createBackgroundWork } from './background-work.ts';
import { leavingStamps, listZonesInTurn, observeRollout, type RolloutSources } from './observe-rollout.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import { toEstate } from './rollout-estate.ts';
import type { RolloutProgress, RolloutRecord, RolloutRequest } from './rollout-record.ts';
import type { RolloutTeller } from './rollout-teller.ts';
import { withPrepared } from './rollout-program.ts';
import type { PreparedRollout, RolloutTools, RolloutWatchers } from './rollout-tools.ts';
import { createRolloutTurns } from './rollout-turns.ts';
import { lookAtWork } from './rollout-work.ts';
import { toRollout } from './to-rollout.ts';
import type { GateCheck } from '@alwayson/protocol/releases.ts';
import type { RolloutObservation } from '@alwayson/core/rollout/rollout-observation.ts';

export interface RolloutContext extends Omit<RolloutSources, 'estate'> {
  estate: RolloutSources['estate'] & Pick<EstateController, 'change'>;
  record: RolloutRecord;
  store: ReleaseStore;
  tools: RolloutTools;
  watchers: RolloutWatchers;
  teller: RolloutTeller;
  /** The manifest of the live release became another: what was made from the old one has to be made anew. */
  onManifest: () => void;
  nudge: () => void;
  now: () => number;
}

export interface RolloutController extends Controller {
  /** How shares divide traffic; null without a rollout. */
  rollout(): RouteRollout | null;
  /** Stamps that are to get nothing any more. */
  draining(): ReadonlySet<string>;
  isRunning(): boolean;
  /** Throws AON_ROLLOUT_NONE with the reason when it can do nothing. */
  order(order: Order): void;
}

/** Carries the rollout that runs one look further, each second and whenever something has ended. */
export function createRolloutController(context: RolloutContext): RolloutController {
  const { record, watchers, teller, now } = context;
  const work = createBackgroundWork(context.nudge);
  const closing = createBackgroundWork(context.nudge);
  const turns = createRolloutTurns(context);
  let prepared: PreparedRollout | null = null;

  const beginAnew = () => {
    prepared = null;
    work.reset();
  };

  const look = (before: RolloutProgress, request: RolloutRequest) => {
    if (before.state === null) return;
    const state = prepared === null ? before.state : withPrepared(before.state, prepared);
    const onPrepared = (found: PreparedRollout) => {
      prepared = found;
    };
    const { memory, gate, blindMs } = watchers.gate.look(before.gate, state);
    const outside = watchers.webhooks.look(before.webhooks, state);
    const facts = observeRollout(context, state);
    const done = lookAtWork(work, state, { ...context, request, onPrepared });
    const { answer: webhook, rollbackAsked, checks } = outside;
    const seen = { ...facts, ...done, gate: withChecks(gate, checks), blindMs, webhook, rollbackAsked };
    // What has just been prepared is a part of the program before anything follows from it.
    const isReady = done.artifact.kind !== 'done' || state.program.release !== '';
    const next = isReady ? decideRollout(state, seen, now()) : state;
    watchers.prober.start(before.prober);
    const prober = watchers.prober.state();
    if (next.end !== null) watchers.prober.stop();
    // Told first: a crash in between tells it twice, and what cannot be written down does not happen.
    teller.tell(before.state, next);
    record.saveProgress({ ...before, state: next, gate: memory, prober, webhooks: outside.memory });
    act(next, facts.drained.done);
    if (next.phase !== state.phase) context.nudge();
  };

  const act = (state: RolloutState, isDrained: boolean) => {
    const before = context.estate.record().live;
    const zones = listZonesInTurn(context, state.program.release);
    context.estate.change((estate) => toEstate(estate, state, { zones, isDrained }));
    if (context.estate.record().live !== before) teller.tellLive(liveOf(state));
  };

  /** After the end: who has a word then, what it cost, who is kept, and then the next one. */
  const close = (progress: RolloutProgress, state: RolloutState) => {
    const outside = watchers.webhooks.look(progress.webhooks, state);
    if (!outside.isOver) {
      record.saveProgress({ ...progress, webhooks: outside.memory });
      return;
    }
    const endedAt = state.end?.at ?? now();
    const found = closing.look(state.program.id, async (signal) => {
      const time = { startedAt: state.startedAt, endedAt };
      const loss = await watchers.losses.measure(time, progress.prober, signal);
      record.saveProgress({ ...record.progress(), loss, isClosed: true });
      if (state.end?.state === 'succeeded')
        record.changeRequests((requests) => ({ ...requests, previous: state.program.from }));
      await teller.tellEnd(state, loss);
      if (state.end?.state === 'succeeded') context.onManifest();
    });
    if (found.kind === 'failed') closing.reset();
  };

  return {
    name: 'rollout',
    async tick() {
      const progress = record.progress();
      if (progress.isClosed || progress.state === null) {
        if (turns.begin()) beginAnew();
        return;
      }
      const current = turns.take(progress.state.program.id);
      if (current === null) return;
      if (progress.state.end !== null) close(progress, progress.state);
      else look(progress, current);
    },
    async close() {
      const parts = [work, closing, watchers.gate, watchers.webhooks];
      await Promise.all(parts.map((part) => part.close()));
    },
    rollout: () => toRollout(record.progress().state),
    draining: () => new Set(leavingStamps(context, record.progress().state).map(({ id }) => id)),
    isRunning: () => !record.progress().isClosed,
    order(order) {
      const progress = record.progress();
      if (progress.state === null || progress.isClosed)
        throw new AlwaysOnError('AON_ROLLOUT_NONE', 'No release is on its way.');
      const answer = applyOrder(progress.state, order, now());
      if ('refused' in answer) throw new AlwaysOnError('AON_ROLLOUT_NONE', answer.refused);
      teller.tellOrder(progress.state, order);
      teller.tell(progress.state, answer.state);
      record.saveProgress({ ...progress, state: answer.state });
      context.nudge();
    },
  };
}

/** External gates are checks of the step like any other. */
function withChecks(
  gate: RolloutObservation['gate'],
  checks: readonly GateCheck[],
): RolloutObservation['gate'] {
  if (checks.length === 0) return gate;
  const own = gate ?? { verdict: 'pass', synthetic: 0, checks: [] };
  const verdicts = [own.verdict, ...checks.map(({ verdict }) => verdict)];
  const verdict = verdicts.includes('fail')
    ? 'fail'
    : verdicts.includes('not-enough-data')
      ? 'not-enough-data'
      : 'pass';
  return { ...own, verdict, checks: [...own.checks, ...checks] };
}
