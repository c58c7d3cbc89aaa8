import type { Status } from '@alwayson/protocol/status.ts';
import { Link } from 'wouter';
import { EntityText } from '../events/entity-text.tsx';
import { SeverityMark } from '../events/severity-mark.tsx';
import { useLive } from '../live/live-provider.tsx';
import { Instant } from '../look/instant.tsx';
import { listEntityNames } from './estate.ts';
import { Panel } from './panel.tsx';
import classes from './panel.module.css';

const shownMax = 6;

export function RecentEvents({ status }: { status: Status }) {
  const { events } = useLive();
  const names = listEntityNames(status);
  return (
    <Panel title="Recent events" aside={<Link href="/events">All events</Link>}>
      <ul className={classes.list}>
        {events.slice(0, shownMax).map((event) => (
          <li key={event.seq} className={classes.event}>
            <SeverityMark severity={event.severity} />
            <span className={classes.time}>
              <Instant at={event.at} withDate />
            </span>
            <span className={classes.message}>
              <EntityText name={event.entity} linked={names.has(event.entity)} /> {event.message}
            </span>
          </li>
        ))}
      </ul>
      {events.length === 0 ? <p className={classes.more}>No events yet.</p> : null}
    </Panel>
  );
}
