import { createHash } from 'node:crypto';
import type { EstateRecord } from '@alwayson/core/estate/estate-record.ts';
import { addRelease, whyNotAdd } from '@alwayson/core/estate/estate-record.ts';
import { planStamps } from '@alwayson/core/estate/stamps.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { findReleaseRefusals } from '@alwayson/core/rollout/find-release-refusals.ts';
import {
  findStepCapacity,
  type RegionLoad,
  toExpectedSeconds,
  toTrafficSteps,
} from '@alwayson/core/rollout/plan-steps.ts';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Release, RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { BudgetStage } from '@alwayson/protocol/slo.ts';

export interface PlanInput {
  kind: RolloutPlan['kind'];
  environment: Environment;
  estate: EstateRecord;
  release: Release;
  live: Release;
  manifests: { next: Manifest; live: Manifest };
  /** Requests per second by the gateway's region. */
  demand: (region: string) => number;
  budget: BudgetStage;
  schema: RolloutPlan['schema'];
}

/** The exact program of a rollout, and every reason against it. */
export function makePlan(input: PlanInput): RolloutPlan {
  const { kind, environment, estate, release, live, manifests, budget, schema } = input;
  const regions = toRegions(environment);
  const zones = regions.flatMap((region) => region.zones.map(({ name }) => name));
  const steps = toTrafficSteps(
    manifests.next.release,
    regions.map(({ name }) => name),
    { kind, budget },
  );
  const refusals = [
    ...(release.digest === live.digest ? [`Release ${release.version} is live already.`] : []),
    ...findReleaseRefusals(manifests.live, manifests.next),
    ...schema.faults,
  ];
  const planned = tryAdd(estate, release.digest, zones);
  if (typeof planned === 'string') refusals.push(planned);
  const stamps =
    typeof planned === 'string'
      ? []
      : planStamps(environment, planned, () => manifests.next).filter(
          (stamp) => stamp.release === release.digest,
        );
  const loads = regions.map(({ name }): RegionLoad => {
    const count = stamps.filter(({ region }) => region === name).length;
    return { region: name, demand: input.demand(name), candidate: count * capacityOf(manifests.next) };
  });
  const capacity = findStepCapacity(steps, loads);
  if (capacity.some(({ enough }) => !enough))
    refusals.push('The new stamps could not carry the load of every step: see the capacity of each.');
  const plan: Omit<RolloutPlan, 'planId'> = {
    kind,
    release: release.digest,
    version: release.version,
    from: live.digest,
    fromVersion: live.version,
    stamps: stamps.map(({ id, zone, region }) => ({ id, zone, region })),
    steps,
    capacity,
    schema,
    budget,
    expectedSeconds: toExpectedSeconds(steps),
    pointOfNoReturn: schema.contract.length > 0 ? 'contract' : null,
    refusals,
  };
  return { planId: toPlanId(plan), ...plan };
}

/** What a stamp can surely carry, whichever of its components the requests are for. */
export function capacityOf({ components }: Manifest): number {
  const routed = components.filter(({ routes }) => routes.length > 0);
  return Math.min(...routed.map(({ capacity }) => capacity.requestsPerSecond));
}

function tryAdd(estate: EstateRecord, digest: string, zones: readonly string[]): EstateRecord | string {
  const fault = whyNotAdd(estate, digest);
  if (fault !== null) return fault;
  try {
    return addRelease(estate, digest, zones);
  } catch (error) {
    if (isAlwaysOnError(error)) return error.message;
    throw error;
  }
}

/** Of all that decides what will run; the load of the moment and times are not part of it. */
function toPlanId({ capacity, expectedSeconds: _seconds, ...plan }: Omit<RolloutPlan, 'planId'>): string {
  const enough = capacity.map(({ step, region, enough: isEnough }) => [step, region, isEnough]);
  return createHash('sha256')
    .update(JSON.stringify([plan, enough]))
    .digest('hex')
    .slice(0, 12);
}
