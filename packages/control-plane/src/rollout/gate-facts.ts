import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { GateSide } from '@alwayson/core/rollout/gate-cells.ts';
import type { GateFacts, SeenStamp, SeenUnit } from '@alwayson/core/rollout/gate-facts.ts';
import type { RolloutState } from '@alwayson/core/rollout/rollout-state.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import type { ControllerContext } from '../controller.ts';

export interface GateSources extends Pick<ControllerContext, 'environment' | 'placement' | 'now'> {
  /** Of all releases that stand. */
  stamps: () => readonly StampPlan[];
  observations: () => readonly Observation[];
  queues: () => Status['queues'];
  shares: () => SharesReport | null;
}

/** What the control plane knows anyway. */
export function collectFacts(
  sources: GateSources,
  { release, from }: Pick<RolloutState['program'], 'release' | 'from'>,
): Omit<GateFacts, 'readings' | 'answers'> {
  const { stamps, observations, queues, shares, now } = sources;
  const report = shares();
  const bad = new Set(
    report?.stamps.filter((stamp) => stamp.class === 'soft' || stamp.class === 'hard').map(({ id }) => id),
  );
  const seen = stamps().flatMap((stamp) => {
    if (stamp.release !== release && stamp.release !== from) return [];
    const side: GateSide = stamp.release === release ? 'candidate' : 'live';
    return [look(sources, { stamp, side, isBad: bad.has(stamp.id) })];
  });
  return {
    now: now(),
    stamps: seen.map(({ stamp }) => stamp),
    units: seen.flatMap(({ units }) => units),
    observations: observations(),
    queues: queues().flatMap(toQueueLook),
    cause: report?.cause ?? null,
  };
}

function look(
  { placement }: GateSources,
  { stamp, side, isBad }: { stamp: StampPlan; side: GateSide; isBad: boolean },
): { stamp: SeenStamp; units: SeenUnit[] } {
  const { id, region, zone } = stamp;
  const { contact, host } = placement.observe(zone);
  const isReachable = contact === 'connected';
  const components = (host?.units ?? []).filter((unit) => unit.stamp === id && unit.kind === 'component');
  const areReady = components.length > 0 && components.every(({ state }) => state === 'ready');
  const units = isReachable ? components : [];
  return {
    stamp: { id, region, zone, side, isReachable, isReady: isReachable && areReady && !isBad },
    units: units.map((unit) => toUnit(unit, { stamp: id, zone, side })),
  };
}

function toUnit(
  { id, component = '', restarts, state, memoryBytes }: UnitStatus,
  place: Pick<SeenUnit, 'stamp' | 'zone' | 'side'>,
): SeenUnit {
  return { ...place, id, component, restarts, isReady: state === 'ready', memoryBytes: memoryBytes ?? null };
}

function toQueueLook({
  region,
  oldestAgeMs,
  oldestAgeAt,
  depth,
}: Status['queues'][number]): GateFacts['queues'] {
  if (oldestAgeMs === undefined || oldestAgeAt === undefined) return [];
  return [{ region, look: { at: Date.parse(oldestAgeAt), oldestAgeMs, depth } }];
}
