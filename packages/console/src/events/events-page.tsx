import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { useLive } from '../live/live-provider.tsx';
import { eventsMax } from '../live/live-state.ts';
import { listEntityNames } from '../map/estate.ts';
import { filterEvents, type SeverityFilter } from './event-filter.ts';
import { EventRow } from './event-row.tsx';
import classes from './events.module.css';

export function EventsPage() {
  const { events, status } = useLive();
  const names = useMemo(() => (status === null ? new Set() : listEntityNames(status)), [status]);
  const [severity, setSeverity] = useState<SeverityFilter>('all');
  const [text, setText] = useState('');
  const shown = filterEvents(events, { severity, text: useDeferredValue(text) });
  return (
    <section className={classes.page} aria-labelledby="events-title">
      <div className={classes.head}>
        <h2 id="events-title">Events</h2>
        <SegmentedControl
          aria-label="Severity"
          size="xs"
          value={severity}
          onChange={setSeverity}
          data={[
            { value: 'all', label: 'All' },
            { value: 'warning', label: 'Warnings and errors' },
            { value: 'error', label: 'Errors' },
          ]}
        />
        <TextInput
          type="search"
          size="xs"
          className={classes.search ?? ''}
          aria-label="Filter by text"
          placeholder="Filter: unit, type, words of the message"
          value={text}
          onChange={(change) => setText(change.currentTarget.value)}
        />
        <output className={classes.count}>
          {shown.length === events.length
            ? `${events.length} events`
            : `${shown.length} of ${events.length} events`}
        </output>
      </div>
      <ol aria-label="Events, newest first">
        {shown.map((event) => (
          <EventRow key={event.seq} event={event} linked={names.has(event.entity)} />
        ))}
      </ol>
      {shown.length === 0 ? (
        <p className={classes.none}>
          {events.length === 0 ? 'Nothing has happened yet.' : 'No event loaded so far matches the filter.'}
        </p>
      ) : null}
      <OlderEvents />
    </section>
  );
}

function OlderEvents() {
  const { events, eventsComplete, loadOlderEvents } = useLive();
  const older = useMutation({ mutationFn: loadOlderEvents });
  if (events.length === 0) return null;
  if (eventsComplete) return <p className={classes.none}>The history begins here.</p>;
  if (events.length >= eventsMax) {
    return (
      <p className={classes.none}>
        The page holds the newest {eventsMax} events; ./alwayson events reads further back.
      </p>
    );
  }
  return (
    <div className={classes.older}>
      <Button size="xs" variant="default" loading={older.isPending} onClick={() => older.mutate()}>
        Load older events
      </Button>
      {older.isError ? <p role="alert">{older.error.message}</p> : null}
    </div>
  );
}
