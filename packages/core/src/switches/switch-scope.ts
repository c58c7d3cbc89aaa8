import type { SwitchTarget } from '@alwayson/protocol/switches.ts';

export interface SwitchStamp {
  id: string;
  region: string;
  zone: string;
}

/** What switches can name: the live stamps and where they stand. */
export interface SwitchEstate {
  workload: string;
  zones: readonly { name: string; region: string }[];
  stamps: readonly SwitchStamp[];
}

/** Whether a stamp stands inside a target. */
export function isInside(stamp: SwitchStamp, { kind, name }: SwitchTarget): boolean {
  switch (kind) {
    case 'stamp':
      return stamp.id === name;
    case 'zone':
      return stamp.zone === name;
    case 'region':
      return stamp.region === name;
    case 'workload':
      return true;
  }
}

/** The target itself and all that stands inside it, by name. */
export function namesInside(target: SwitchTarget, { zones, stamps }: SwitchEstate): string[] {
  const { kind, name } = target;
  const inside = stamps.filter((stamp) => isInside(stamp, target)).map(({ id }) => id);
  if (kind !== 'region' && kind !== 'workload') return [...new Set([name, ...inside])];
  const around = zones.filter(({ region }) => kind === 'workload' || region === name);
  return [...new Set([name, ...around.flatMap((zone) => [zone.region, zone.name]), ...inside])];
}

/**
 * Whether a target is there. While no stamp is known at all (before the first release) none is held to be gone.
 */
export function isThere({ kind, name }: SwitchTarget, { workload, zones, stamps }: SwitchEstate): boolean {
  switch (kind) {
    case 'stamp':
      return stamps.length === 0 || stamps.some(({ id }) => id === name);
    case 'zone':
      return zones.some((zone) => zone.name === name);
    case 'region':
      return zones.some(({ region }) => region === name);
    case 'workload':
      return workload === name;
  }
}

/** The target that a name means: a region, else a zone, a stamp, the workload; undefined when nothing is called so. */
export function findTarget(
  { kind, name }: { kind?: SwitchTarget['kind'] | undefined; name: string },
  estate: SwitchEstate,
): SwitchTarget | undefined {
  const kinds = kind === undefined ? (['region', 'zone', 'stamp', 'workload'] as const) : [kind];
  const found = kinds.find((candidate) => {
    if (candidate === 'stamp') return estate.stamps.some(({ id }) => id === name);
    return isThere({ kind: candidate, name }, estate);
  });
  return found === undefined ? undefined : { kind: found, name };
}
