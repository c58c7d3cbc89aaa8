import { join } from 'node:path';
import { decideRetention } from '@alwayson/core/rollout/decide-retention.ts';
import { joinFlows } from '@alwayson/core/rollout/join-flows.ts';
import type { OnlyIn } from '@alwayson/core/shares/share-evidence.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import type { SloReport } from '@alwayson/protocol/slo.ts';
import type { ReleaseBoard } from '../api/release-routes.ts';
import type { ControllerContext } from '../controller.ts';
import type { SchemaWork } from '../database/schema-work.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import { hashManifest } from '../releases/release-digest.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { RoutesController } from '../routes/routes-controller.ts';
import type { ObserverSignals } from '../signals/observer-signals.ts';
import { createPreviews } from './create-previews.ts';
import { createTools, planRollout } from './create-tools.ts';
import { createGateWatch, type GateWatchContext } from './gate-watch.ts';
import { createLossReport } from './loss-report.ts';
import { capacityOf } from './make-plan.ts';
import { toRegionDemand } from './region-demand.ts';
import { createReleaseHistory } from './release-history.ts';
import { createReleaseProber } from './release-prober.ts';
import { createRolloutBoard } from './rollout-board.ts';
import { createRolloutController, type RolloutController } from './rollout-controller.ts';
import { createRolloutRecord, type RolloutRecord } from './rollout-record.ts';
import { manifestOf } from './rollout-program.ts';
import { createRolloutTeller } from './rollout-teller.ts';
import { createStampTools } from './stamp-tools.ts';
import { toTightestBudget } from './tightest-budget.ts';
import type { RolloutWatchers } from './rollout-tools.ts';
import { createWebhookWatch, type WebhookWatch } from './webhook-watch.ts';

export interface RolloutsContext extends ControllerContext {
  journal: SqliteJournal;
  releases: ReleaseStore;
  estate: EstateController;
  schema: SchemaWork;
  routes: Pick<RoutesController, 'record' | 'reports'>;
  observerSignals: Pick<ObserverSignals, 'observations'>;
  queue: { status: GateWatchContext['queues'] };
  shares: { report: GateWatchContext['shares'] };
  slo: { report(): SloReport | null };
  /** Everything that was made from the manifest has to be made anew. */
  restart: (reason: string) => void;
  nudge: () => void;
}

export interface Rollouts {
  controller: RolloutController;
  board: ReleaseBoard;
  /** Flows of all releases that stand, for gateways. */
  flows(): Manifest['flows'];
  onlyIn(): readonly OnlyIn[];
}

/** Rollouts, put together: what they are made of, and what others need to know of them. */
export function createRollouts(context: RolloutsContext): Rollouts {
  const { environment, manifest, releases: store, estate, observerSignals, journal, now } = context;
  const record = createRolloutRecord(context.records);
  const file = join(environment.stateDir, 'control-plane', 'releases.jsonl');
  const history = createReleaseHistory(file, { now, journal });
  const demand = (region: string) => toRegionDemand(observerSignals.observations(), region);
  const budget = () => toTightestBudget(context.slo.report());
  const planning = { environment, store, estate, schema: context.schema, demand, budget };
  const tidy = createTidy(context, record);
  const webhooks = createWebhookWatch({
    environment,
    manifestOf: (rollout) => manifestOfRollout(record, context, rollout),
    onAnswer: context.nudge,
    now,
  });
  const teller = createRolloutTeller({ ...context, record, history, store, webhooks, tidy });
  const controller = createRolloutController({
    ...context,
    record,
    store,
    demand,
    capacityOf: ({ release }) => capacityOf(store.manifest(release)),
    tools: createTools(planning, createStampTools({ ...context, manifestOf: store.manifest, ...teller })),
    watchers: createWatchers(context, webhooks),
    teller,
    onManifest: () => {
      const live = store.manifest(estate.record().live);
      if (hashManifest(live) !== hashManifest(manifest)) context.restart('the manifest of the live release');
    },
  });
  // What somebody changed is told at once, not when it is looked for.
  void history.verify().catch(() => {});
  const board = createRolloutBoard({
    ...context,
    record,
    controller,
    history,
    store,
    plan: (request, signal) => planRollout(planning, request, signal),
  });
  return {
    controller,
    board: { ...board, ...createPreviews(context) },
    ...createFlowJoin(context, controller.rollout),
  };
}

/** Those that look at a rollout on its way. */
function createWatchers(context: RolloutsContext, webhooks: WebhookWatch): RolloutWatchers {
  const { environment, manifest, releases, estate, observerSignals, now } = context;
  return {
    gate: createGateWatch({
      ...context,
      manifestOf: releases.manifest,
      stamps: estate.stamps,
      observations: observerSignals.observations,
      queues: context.queue.status,
      shares: context.shares.report,
    }),
    prober: createReleaseProber({ environment, flows: manifest.flows, now }),
    webhooks,
    losses: createLossReport(context),
  };
}

/** What the release declares that a rollout brings; what is live declares when nobody asked for that rollout. */
function manifestOfRollout(
  record: RolloutRecord,
  { releases, manifest }: RolloutsContext,
  id: string,
): Manifest {
  const { current, waiting } = record.requests();
  const request = [current, ...waiting].find((candidate) => candidate?.id === id);
  return request ? manifestOf(request, releases) : manifest;
}

/** Removes releases from the disk that nothing runs and nobody would go back to. */
function createTidy({ releases: store, manifest, estate }: RolloutsContext, record: RolloutRecord) {
  return async (live: string, previous: string) => {
    const standing = new Set(estate.record().stamps.map(({ release }) => release));
    const waiting = record.requests().waiting.map(({ release }) => release);
    const kept = new Set([previous, record.requests().previous, ...waiting]);
    const listed = store.list().map(({ digest, createdAt }) => {
      const state =
        digest === live
          ? ('live' as const)
          : standing.has(digest)
            ? ('former' as const)
            : ('stored' as const);
      return { digest, createdAt, state };
    });
    for (const digest of decideRetention({ releases: listed, keep: manifest.release.keep, kept }))
      await store.remove(digest);
  };
}

/** While two releases stand, gateways know the flows of both. */
function createFlowJoin(
  { manifest, releases: store, estate }: RolloutsContext,
  rollout: () => RouteRollout | null,
): Pick<Rollouts, 'flows' | 'onlyIn'> {
  let joined = { key: '', ...joinFlows({ release: '', flows: manifest.flows }, null) };
  const look = () => {
    const candidate = rollout()?.candidate ?? null;
    const { live, stamps } = estate.record();
    const other = stamps.find(({ release }) => release !== live)?.release ?? null;
    const second = other === null || candidate === null ? null : other;
    const key = `${live} ${second ?? ''}`;
    if (key === joined.key || live === '') return joined;
    const side = (release: string) => ({ release, flows: store.manifest(release).flows });
    joined = { key, ...joinFlows(side(live), second === null ? null : side(second)) };
    return joined;
  };
  return { flows: () => look().flows, onlyIn: () => look().onlyIn };
}
