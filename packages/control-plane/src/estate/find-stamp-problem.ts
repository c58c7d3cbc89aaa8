import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import { isServing } from '../health/stamp-samples.ts';
import type { ZoneObservation } from '../placement/placement.ts';

export interface StampFacts {
  stamp: StampPlan;
  zone: ZoneObservation;
  /** What the last question to its agent came to. */
  contact: StampContact | null;
}

export interface StampReadiness {
  /** Null when nobody can tell: its zone does not answer. */
  isReady: boolean | null;
  /** Why it is not, or why nobody knows; null when it is. */
  problem: string | null;
}

/** Whether a stamp could take traffic: every unit of it is ready, and its agent says so too. */
export function findStampProblem({ stamp, zone, contact }: StampFacts): StampReadiness {
  if (zone.contact === 'refused')
    return { isReady: null, problem: `zone ${stamp.zone} is gone: nobody listens at its host's address` };
  if (zone.contact !== 'connected') return { isReady: null, problem: `zone ${stamp.zone} does not answer` };
  const ids = [`${stamp.id}-agent`, ...Object.keys(stamp.ports).map((name) => `${stamp.id}-${name}`)];
  const problems = ids.flatMap(
    (id) =>
      sayUnit(
        id,
        zone.host?.units.find((unit) => unit.id === id),
      ) ?? [],
  );
  if (problems.length > 0) return { isReady: false, problem: problems.join('; ') };
  if (isServing(contact)) return { isReady: true, problem: null };
  return { isReady: false, problem: sayContact(contact) };
}

function sayUnit(id: string, unit: UnitStatus | undefined): string | null {
  if (unit === undefined) return `${id} is not placed yet`;
  const { state, restarts, lastExit, reason } = unit;
  if (state === 'ready') return null;
  const exit = lastExit === null ? '' : `, ended last with ${lastExit.signal ?? `code ${lastExit.code}`}`;
  const times = restarts === 0 ? '' : `, started again ${restarts} times${exit}`;
  return `${id} is ${state}${times}${reason === undefined ? '' : ` (${reason})`}`;
}

function sayContact(contact: StampContact | null): string {
  if (contact === null) return 'its agent has not been asked yet';
  if (contact.kind === 'silent') return 'its agent does not answer';
  if (contact.kind !== 'answered') return `its agent's connection was ${contact.kind}`;
  const checks = contact.health?.checks ?? [];
  const bad = checks.filter(({ status }) => status !== 'healthy' && status !== 'degraded');
  const said = bad.map(({ component, status, reason }) => `${component}: ${reason ?? status}`);
  return said.length === 0 ? `its agent says ${contact.health?.state ?? contact.status}` : said.join('; ');
}
