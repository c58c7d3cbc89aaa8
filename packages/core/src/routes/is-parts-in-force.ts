import type { GatewayReport, RouteRecord, RouteRollout } from '@alwayson/protocol/routes.ts';

export interface PartsInForce {
  inForce: boolean;
  /** Regions whose gateway has not read the parts back. */
  missing: string[];
}

/**
 * Whether every living gateway has read back from HAProxy the weights that were made for these parts. Nobody has while the committed
 * record was made for others: then its gateways are on their way elsewhere.
 */
export function isPartsInForce(
  record: RouteRecord | null,
  reports: ReadonlyMap<string, GatewayReport | null>,
  { rollout, livingRegions }: { rollout: RouteRollout; livingRegions: readonly string[] },
): PartsInForce {
  const isCommitted = record !== null && isSameRollout(record.rollout, rollout);
  const missing = livingRegions.filter((region) => {
    const report = reports.get(region);
    if (!isCommitted || !report?.inForce || report.epoch !== record.epoch) return true;
    return report.generation !== record.generation && !isSameRollout(report.rollout, rollout);
  });
  return { inForce: livingRegions.length > 0 && missing.length === 0, missing };
}

/** A region that is not named has part 0. */
export function isSameRollout(
  one: RouteRollout | null | undefined,
  other: RouteRollout | null | undefined,
): boolean {
  if (!one || !other) return !one && !other;
  const regions = new Set([...Object.keys(one.parts), ...Object.keys(other.parts)]);
  return (
    one.candidate === other.candidate &&
    [...regions].every((region) => (one.parts[region] ?? 0) === (other.parts[region] ?? 0))
  );
}
