import { useLive } from '../live/live-provider.tsx';
import { SeverityMark } from '../events/severity-mark.tsx';
import { Instant } from '../look/instant.tsx';
import { type Entity, listEntityUnits } from '../map/estate.ts';
import classes from './details.module.css';

const shownMax = 6;

/** The newest events of the entity and, for a group, of its units; of those that the page has. */
export function EntityEvents({ entity }: { entity: Entity }) {
  const { events } = useLive();
  const names = new Set([entity.name, ...listEntityUnits(entity).map((unit) => unit.id)]);
  const shown = events.filter((event) => names.has(event.entity)).slice(0, shownMax);
  if (shown.length === 0) return null;
  return (
    <section className={classes.part}>
      <h3>Latest events</h3>
      <ul className={classes.events}>
        {shown.map((event) => (
          <li key={event.seq}>
            <SeverityMark severity={event.severity} />
            <Instant at={event.at} withDate />
            <span>{event.message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
