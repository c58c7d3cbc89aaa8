import type { Event } from '@alwayson/protocol/operations.ts';
import { memo } from 'react';
import { Instant } from '../look/instant.tsx';
import { EntityText } from './entity-text.tsx';
import classes from './events.module.css';
import { SeverityMark } from './severity-mark.tsx';

export const EventRow = memo(function EventRow({ event, linked }: { event: Event; linked: boolean }) {
  return (
    <li className={classes.row} data-severity={event.severity} data-seq={event.seq}>
      <span className={classes.time}>
        <Instant at={event.at} withDate />
      </span>
      <SeverityMark severity={event.severity} withWord />
      <span className={classes.what}>
        <EntityText name={event.entity} linked={linked} />
        <span className={classes.type}>{event.type}</span>
      </span>
      <span className={classes.message}>
        {event.message}
        {event.operation === undefined || event.operation === event.entity ? null : (
          <span className={classes.operation}> in {event.operation}</span>
        )}
      </span>
    </li>
  );
});
