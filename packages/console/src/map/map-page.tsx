import { DetailsDrawer } from '../details/details-drawer.tsx';
import { useLive } from '../live/live-provider.tsx';
import { toRegionViews } from './estate.ts';
import { FlowList } from './flow-list.tsx';
import classes from './map.module.css';
import { NeedsAttention } from './needs-attention.tsx';
import { RecentEvents } from './recent-events.tsx';
import { RegionLane } from './region-lane.tsx';
import { RolloutPanel } from './rollout-panel.tsx';
import { RunningOperations } from './running-operations.tsx';
import { SummaryRow } from './summary-row.tsx';
import { WitnessLane } from './witness-lane.tsx';

export function MapPage() {
  const { status } = useLive();
  if (status === null) return null;
  return (
    <>
      <SummaryRow status={status} />
      <RunningOperations />
      <RolloutPanel status={status} />
      <div className={classes.page} data-quiet={status.phase === 'running' ? undefined : status.phase}>
        <div className={classes.attention}>
          <NeedsAttention status={status} />
        </div>
        <div className={classes.flows}>
          <FlowList flows={status.flows} />
        </div>
        <section className={classes.estate} aria-label="Estate">
          <div className={classes.frontDoor}>
            <strong>Front door</strong>{' '}
            <a href={status.frontDoor} target="_blank" rel="noreferrer">
              {status.frontDoor}
            </a>
          </div>
          <div className={classes.regions}>
            {toRegionViews(status).map((view) => (
              <RegionLane key={view.region.name} view={view} status={status} />
            ))}
          </div>
          <WitnessLane status={status} />
        </section>
        <div className={classes.recent}>
          <RecentEvents status={status} />
        </div>
      </div>
      <DetailsDrawer status={status} />
    </>
  );
}
