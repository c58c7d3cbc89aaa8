import { join } from 'node:path';
import type { EstateRecord } from '@alwayson/core/estate/estate-record.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Release, RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { BudgetStage } from '@alwayson/protocol/slo.ts';
import type { ReleaseFiles, SchemaWork } from '../database/schema-work.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import { onceWritable } from './once-writable.ts';
import { makePlan } from './make-plan.ts';
import type { RolloutRequest } from './rollout-record.ts';
import type { PreparedRollout, RolloutTools } from './rollout-tools.ts';

export interface PlanContext {
  environment: Environment;
  store: ReleaseStore;
  estate: { record(): EstateRecord };
  schema: SchemaWork;
  /** Requests per second that a region's gateway is asked for. */
  demand: (region: string) => number;
  /** The tightest of all flows. */
  budget: () => BudgetStage;
}

/** Prepares the release that is asked for, and plans its rollout without judging the plan. */
export async function planRollout(
  context: PlanContext,
  request: RolloutRequest,
  signal: AbortSignal,
): Promise<PreparedRollout> {
  const { environment, store, estate, schema } = context;
  const release = await findOrPrepare(store, request, signal);
  const live = store.find(estate.record().live);
  if (live === null) throw new AlwaysOnError('AON_STARTING', 'No release is live yet.');
  const manifests = { next: store.manifest(release.digest), live: store.manifest(live.digest) };
  const plan = makePlan({
    kind: request.kind,
    environment,
    estate: estate.record(),
    release,
    live,
    manifests,
    demand: context.demand,
    budget: context.budget(),
    schema: await onceWritable(signal, () => schema.plan(filesOf(store, release), [filesOf(store, live)])),
  });
  return { release, plan };
}

async function findOrPrepare(
  store: ReleaseStore,
  { kind, source, owner, release }: RolloutRequest,
  signal: AbortSignal,
): Promise<Release> {
  if (source !== null) return store.prepare({ ...source, owner }, signal);
  const found = store.find(release);
  if (found !== null) return found;
  throw new AlwaysOnError('AON_NOT_FOUND', `The release of this ${kind} is not kept any more.`);
}

export function filesOf(store: ReleaseStore, release: Release): ReleaseFiles {
  const { stores } = store.manifest(release.digest);
  const migrations = stores.find(({ kind }) => kind === 'relational')?.migrations;
  const { tree } = store.folder(release.digest);
  return {
    version: release.version,
    folder: migrations === undefined ? null : join(tree, migrations),
    files: release.migrations,
  };
}

/** What speaks against the plan and cannot be waved through, as the error that it is. */
export function assertPlan({ planId, override }: RolloutRequest, plan: RolloutPlan): void {
  if (planId !== undefined && planId !== plan.planId) {
    throw new AlwaysOnError('AON_PLAN_CHANGED', `The plan is now ${plan.planId}, not ${planId}.`);
  }
  if (plan.schema.faults.length > 0)
    throw new AlwaysOnError('AON_SCHEMA_UNSAFE', plan.schema.faults.join(' '));
  if (plan.refusals.length > 0) throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', plan.refusals.join(' '));
  if (plan.budget === 'freeze' && !override)
    throw new AlwaysOnError('AON_BUDGET_SPENT', 'The error budget of a flow is spent.');
}

/** The tools that touch the database and the store; those that ask stamps are given. */
export function createTools(
  context: PlanContext,
  asking: Pick<RolloutTools, 'warm' | 'smoke' | 'prove'>,
): RolloutTools {
  const { store, schema } = context;
  const filesOfDigest = (digest: string) => {
    const release = store.find(digest);
    if (release === null) throw new AlwaysOnError('AON_NOT_FOUND', `Release ${digest} is not kept.`);
    return filesOf(store, release);
  };
  return {
    ...asking,
    async prepare(request, signal) {
      const prepared = await planRollout(context, request, signal);
      assertPlan(request, prepared.plan);
      return prepared;
    },
    async expand(release, signal) {
      await onceWritable(signal, () => schema.expand(filesOfDigest(release)));
    },
    async contract(release, names, signal) {
      await onceWritable(signal, () => schema.contract(filesOfDigest(release), names));
    },
  };
}
