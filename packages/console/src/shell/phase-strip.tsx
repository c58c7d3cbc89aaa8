import type { Status } from '@alwayson/protocol/status.ts';
import { listUnits } from '../map/estate.ts';
import classes from './shell.module.css';

/** Told only while the environment is not simply running. */
export function PhaseStrip({ status }: { status: Status }) {
  if (status.phase === 'running') return null;
  const units = listUnits(status);
  const ready = units.filter((unit) => unit.process === 'ready').length;
  return (
    <output className={classes.phase}>
      {status.phase === 'starting'
        ? `Starting for the first time: ${ready} of ${units.length} units are ready.`
        : 'Stopping: the units are going down in order. Nothing needs attention.'}
    </output>
  );
}
