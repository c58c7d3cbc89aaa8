import { useLive } from '../live/live-provider.tsx';
import { formatTime } from '../look/instant.tsx';
import classes from './shell.module.css';

/** Says when what is shown may no longer be true. */
export function ConnectionBanner() {
  const { connection, heardAtMs, retryNow } = useLive();
  if (connection !== 'lost') return null;
  const shown =
    heardAtMs === null ? 'no state received yet' : `showing the state of ${formatTime(new Date(heardAtMs))}`;
  return (
    <div className={classes.banner} role="alert">
      <span>
        <strong>Control plane not reachable</strong> - the workload goes on without it; {shown}
      </span>
      <button type="button" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
