import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';

/** What happened to a zone or a unit between two looks at an environment, told once and at its root. */
export interface Transition {
  severity: 'info' | 'warning' | 'error';
  /** `<entity kind>.<what happened>`. */
  type: string;
  entity: string;
  message: string;
}

/**
 * What became of zones and units from one status to the next; what that means for all else the health model tells. A lost zone is
 * told as one thing, not once for every unit that was in it; a unit that was restarted between two looks is told too.
 */
export function findTransitions(before: Status, after: Status): Transition[] {
  const zonesOf = ({ regions, witness }: Status) => [...regions.flatMap((region) => region.zones), witness];
  const zones = pair(zonesOf(before), zonesOf(after), (zone) => zone.name);
  return zones.flatMap(([old, zone]) => zoneTransitions(old, zone));
}

function zoneTransitions(before: StatusZone, after: StatusZone): Transition[] {
  const wasThere = before.hostPid !== null;
  const isThere = after.hostPid !== null;
  if (wasThere && !isThere) {
    const message = `Zone ${after.name} is lost: its host does not answer any more.`;
    return [{ severity: 'error', type: 'zone.lost', entity: after.name, message }];
  }
  if (!wasThere && isThere) {
    const message = `Zone ${after.name} is there: its host answers.`;
    return [{ severity: 'info', type: 'zone.found', entity: after.name, message }];
  }
  if (!isThere) return [];
  return pair(before.units, after.units, (unit) => unit.id).flatMap(([old, unit]) =>
    unitTransitions(old, unit),
  );
}

function unitTransitions(before: StatusUnit, after: StatusUnit): Transition[] {
  const entity = after.id;
  const why = after.reason === undefined ? '' : `: ${after.reason}`;
  if (after.process === before.process) {
    if (after.restarts <= before.restarts || after.process !== 'ready') return [];
    return [{ severity: 'warning', type: 'unit.restarted', entity, message: `${entity} was restarted.` }];
  }
  switch (after.process) {
    case 'exited':
      return [{ severity: 'warning', type: 'unit.exited', entity, message: `${entity} is gone${why}.` }];
    case 'failing':
      return [
        { severity: 'warning', type: 'unit.failing', entity, message: `${entity} fails its probe${why}.` },
      ];
    case 'stopped':
      return [{ severity: 'info', type: 'unit.stopped', entity, message: `${entity} was stopped.` }];
    case 'ready':
      return [{ severity: 'info', type: 'unit.ready', entity, message: `${entity} is ready.` }];
    case 'starting':
    case 'stopping':
    case 'held':
      return [];
  }
}

function pair<T>(before: readonly T[], after: readonly T[], key: (item: T) => string): [T, T][] {
  const old = new Map(before.map((item) => [key(item), item]));
  return after.flatMap((item): [T, T][] => {
    const match = old.get(key(item));
    return match === undefined ? [] : [[match, item]];
  });
}
