import { toRegions } from '@alwayson/core/estate/topology.ts';
import type { ScalePolicy } from '@alwayson/core/scale/decide-scale.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/**
 * Zone -> stamps wanted, from targets that may name regions: those stand for each of their zones, unless a zone is named too. Throws
 * AON_NOT_FOUND for a name that is neither, AON_USAGE for a number that the manifest does not allow.
 */
export function resolveScaleTargets(
  environment: Pick<Environment, 'zones'>,
  targets: Readonly<Record<string, number>>,
  { min, max }: Pick<ScalePolicy, 'min' | 'max'>,
): Map<string, number> {
  const regions = toRegions(environment);
  const zones = regions.flatMap((region) => region.zones.map(({ name }) => name));
  const asked = Object.entries(targets);
  const known = [...regions.map(({ name }) => name), ...zones];
  const unknown = asked.find(([name]) => !known.includes(name));
  if (unknown !== undefined) {
    const message = `No region or zone is called ${unknown[0]}. Known: ${known.join(', ')}.`;
    throw new AlwaysOnError('AON_NOT_FOUND', message);
  }
  const outside = asked.find(([, count]) => count < min || count > max);
  if (outside !== undefined) {
    const allowed = min === max ? `exactly ${min}` : `${min} to ${max}`;
    const message = `${outside[1]} stamps are asked for in ${outside[0]}, and a zone has ${allowed}.`;
    const hint = 'The bounds are scale.min and scale.max of the manifest: deploy a release with others.';
    throw new AlwaysOnError('AON_USAGE', message, { hint });
  }
  const byRegion = asked.flatMap(([name, count]) =>
    (regions.find((region) => region.name === name)?.zones ?? []).map((zone): [string, number] => [
      zone.name,
      count,
    ]),
  );
  return new Map([...byRegion, ...asked.filter(([name]) => zones.includes(name))]);
}
