import type { Status } from '@alwayson/protocol/status.ts';
import { StatePill } from '../look/state-pill.tsx';
import { TryButton } from '../try/try-button.tsx';
import { TryMenu } from '../try/try-menu.tsx';
import { EntityName } from './entity-name.tsx';
import type { ZoneView } from './estate.ts';
import { StampCard } from './stamp-card.tsx';
import { UnitChip } from './unit-chip.tsx';
import { toAbsence } from './zone-absence.ts';
import classes from './zone.module.css';

/** A zone: its stamps, then its engines. */
export function ZoneCard({ view, status }: { view: ZoneView; status: Status }) {
  const { zone, stamps, engines } = view;
  return (
    <section
      className={classes.zone}
      aria-label={`Zone ${zone.name}`}
      data-zone={zone.name}
      data-state={zone.state}
      data-quiet={zone.hostPid === null ? 'down' : undefined}
    >
      <header className={classes.zoneHead}>
        <h3>
          <EntityName name={zone.name} kind="zone" />
        </h3>
        <StatePill state={zone.state} />
        <TryMenu name={zone.name} status={status} />
      </header>
      <p className={classes.address}>{zone.address}</p>
      {zone.hostPid === null ? (
        <div className={classes.down}>
          <span>{toAbsence(zone)}</span>
          <TryButton action="revive" name={zone.name} status={status} />
        </div>
      ) : null}
      {stamps.map((stamp) => (
        <StampCard key={stamp.stamp.id} view={stamp} status={status} />
      ))}
      <ul className={classes.engines} aria-label={`Engines of ${zone.name}`}>
        {engines.map((unit) => (
          <li key={unit.id}>
            <UnitChip unit={unit} status={status} />
          </li>
        ))}
      </ul>
    </section>
  );
}
