import type { State } from '@alwayson/protocol/words.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { Link } from 'wouter';
import { toEntityPath } from '../details/use-shown.ts';
import { StateIcon } from '../look/state-icon.tsx';
import { listUnits, listZones } from './estate.ts';
import { Panel } from './panel.tsx';
import classes from './panel.module.css';

const shownMax = 8;
const stateOrder: State[] = ['unhealthy', 'unknown', 'degraded', 'healthy'];

interface Finding {
  name: string;
  state: State;
  reason: string;
}

/** What is not well, worst first, with why. Absent when all is well. */
export function NeedsAttention({ status }: { status: Status }) {
  const findings = listFindings(status);
  if (findings.length === 0) return null;
  return (
    <Panel title="Needs attention" aside={<span className={classes.count}>{findings.length}</span>}>
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

/** A dead zone is one finding, not one for each of its units. */
function listFindings(status: Status): Finding[] {
  const dead = listZones(status).filter((zone) => zone.hostPid === null);
  const inDeadZones = new Set(dead.flatMap((zone) => zone.units.map((unit) => unit.id)));
  const zones = dead.map((zone) => ({
    name: zone.name,
    state: zone.state,
    reason: `no host process, ${zone.units.length} units are down`,
  }));
  const queues = status.queues
    .filter((queue) => queue.state !== 'healthy' && queue.primary !== null && !inDeadZones.has(queue.primary))
    .map((queue) => ({
      name: queue.primary ?? '',
      state: queue.state,
      reason: queue.reason ?? `${queue.copies} copy`,
    }));
  const queueIds = new Set(queues.map((queue) => queue.name));
  const units = listUnits(status)
    .filter((unit) => unit.state !== 'healthy' && !inDeadZones.has(unit.id) && !queueIds.has(unit.id))
    .map((unit) => ({ name: unit.id, state: unit.state, reason: unit.reason ?? unit.process }));
  const stamps = status.stamps
    .filter((stamp) => stamp.state !== 'healthy' && !dead.some((zone) => zone.name === stamp.zone))
    .map((stamp) => ({ name: stamp.id, state: stamp.state, reason: toStampReason(stamp) }));
  return [...zones, ...units, ...queues, ...stamps].sort(
    (one, other) => stateOrder.indexOf(one.state) - stateOrder.indexOf(other.state),
  );
}

function toStampReason(stamp: Status['stamps'][number]): string {
  const failed = stamp.checks.filter((check) => check.status !== 'healthy');
  if (failed.length === 0) return 'see its units';
  return failed.map((check) => `${check.component}: ${check.reason ?? check.status}`).join('; ');
}
