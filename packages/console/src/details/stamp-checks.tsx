import type { StatusStamp } from '@alwayson/protocol/status.ts';
import { StateIcon } from '../look/state-icon.tsx';
import classes from './details.module.css';

/** What the stamp says of itself and of what it shares with others. */
export function StampChecks({ stamp }: { stamp: StatusStamp }) {
  if (stamp.checks.length === 0) return null;
  return (
    <section className={classes.part}>
      <h3>Checks of the stamp</h3>
      <ul className={classes.units}>
        {stamp.checks.map((check) => (
          <li key={`${check.component} ${check.scope}`} data-state={check.status}>
            <StateIcon state={check.status} />
            <span>
              {check.component} ({check.scope})
            </span>
            <span>{check.reason ?? check.status}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
