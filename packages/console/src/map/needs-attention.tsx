import type { State } from '@alwayson/protocol/words.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { Link } from 'wouter';
import { toEntityPath } from '../details/use-shown.ts';
import { StateIcon } from '../look/state-icon.tsx';
import { listZones } from './estate.ts';
import { Panel } from './panel.tsx';
import classes from './panel.module.css';
import { toUnitHealth } from './unit-health.ts';
import { toAbsence } from './zone-absence.ts';

const shownMax = 8;
const stateOrder: State[] = ['unhealthy', 'unknown', 'degraded', 'healthy'];

interface Finding {
  name: string;
  state: State;
  reason: string;
}

/** What is not well, worst first, with why. Absent when all is well, and while units are on their way up or down. */
export function NeedsAttention({ status }: { status: Status }) {
  const findings = status.phase === 'running' ? listFindings(status) : [];
  if (findings.length === 0) return null;
  return (
    <Panel title="Needs attention" aside={<Count findings={findings} />}>
      <ul className={classes.list}>
        {findings.slice(0, shownMax).map(({ name, state, reason }) => (
          <li key={name} data-state={state} className={classes.row}>
            <StateIcon state={state} />
            <span className={classes.main}>
              <Link href={toEntityPath(name)}>{name}</Link>
            </span>
            <span className={classes.word}>{state}</span>
            <span className={classes.reason}>{reason}</span>
          </li>
        ))}
      </ul>
      {findings.length > shownMax ? (
        <p className={classes.more}>and {findings.length - shownMax} more</p>
      ) : null}
    </Panel>
  );
}

function Count({ findings }: { findings: readonly Finding[] }) {
  return (
    <span className={classes.count} data-state={findings[0]?.state}>
      {findings.length}
    </span>
  );
}

/** A zone that is down is one finding, not one for each of its units. */
function listFindings(status: Status): Finding[] {
  const absent = listZones(status).filter((zone) => zone.hostPid === null);
  const present = listZones(status).filter((zone) => zone.hostPid !== null);
  const zones = absent.map((zone) => ({ name: zone.name, state: zone.state, reason: toAbsence(zone) }));
  const units = present
    .flatMap((zone) => zone.units)
    .map((unit) => ({ unit, health: toUnitHealth(status, unit) }))
    .filter(({ health }) => health.state !== 'healthy')
    .map(({ unit, health }) => ({
      name: unit.id,
      state: health.state,
      reason: health.reason ?? unit.process,
    }));
  const stamps = status.stamps
    .filter((stamp) => stamp.state !== 'healthy' && present.some((zone) => zone.name === stamp.zone))
    .map((stamp) => ({ name: stamp.id, state: stamp.state, reason: toStampReason(stamp) }));
  return [...zones, ...units, ...stamps].sort(
    (one, other) => stateOrder.indexOf(one.state) - stateOrder.indexOf(other.state),
  );
}

function toStampReason(stamp: Status['stamps'][number]): string {
  const failed = stamp.checks.filter((check) => check.status !== 'healthy');
  if (failed.length === 0) return 'see its units';
  return failed.map((check) => `${check.component}: ${check.reason ?? check.status}`).join('; ');
}
