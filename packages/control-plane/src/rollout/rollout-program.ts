import type { RolloutProgram, RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { RolloutRequest } from './rollout-record.ts';
import type { PreparedRollout } from './rollout-tools.ts';

/** Beside the start budget of the slowest component: engines and packages are shared, and the machine is busy. */
const placeMarginMs = 60_000;

/** What the release that is asked for declares. */
export function manifestOf(
  { source, release }: RolloutRequest,
  store: Pick<ReleaseStore, 'manifest'>,
): Manifest {
  return source?.manifest ?? store.manifest(release);
}

/** As much of the program as is known before the release is prepared; the plan fills in the rest. */
export function toFirstProgram(
  request: RolloutRequest,
  { live, store }: { live: Release; store: ReleaseStore },
): RolloutProgram {
  const { id, kind, source, release } = request;
  return {
    id,
    kind,
    release: '',
    version: source?.version ?? store.find(release)?.version ?? 'new',
    from: live.digest,
    fromVersion: live.version,
    steps: [],
    contract: [],
    expectedSeconds: null,
    ...toLimits(manifestOf(request, store)),
  };
}

export function withPrepared(state: RolloutState, { release, plan }: PreparedRollout): RolloutState {
  if (state.program.release !== '') return state;
  const { digest, version } = release;
  const { steps, schema, expectedSeconds } = plan;
  const program = {
    ...state.program,
    release: digest,
    version,
    steps,
    contract: schema.contract,
    expectedSeconds,
  };
  const parts = Object.fromEntries(Object.keys(steps[0]?.parts ?? {}).map((region) => [region, 0]));
  return { ...state, program, parts };
}

function toLimits(manifest: Manifest): Pick<RolloutProgram, 'placeMs' | 'requestMs' | 'holdMs'> {
  const zones = manifest.regions.reduce((sum, region) => sum + region.zones, 0);
  const slowest = Math.max(...manifest.components.map(({ startBudgetSeconds }) => startBudgetSeconds));
  return {
    // One zone after the other.
    placeMs: slowest * 1000 * zones + placeMarginMs,
    requestMs: manifest.gateway.requestTimeoutMs,
    holdMs: manifest.release.holdMinutes * 60_000,
  };
}
