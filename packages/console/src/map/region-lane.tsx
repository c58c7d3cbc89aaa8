import type { Status } from '@alwayson/protocol/status.ts';
import { StatePill } from '../look/state-pill.tsx';
import { TryMenu } from '../try/try-menu.tsx';
import { EntityName } from './entity-name.tsx';
import type { RegionView } from './estate.ts';
import classes from './map.module.css';
import { UnitChip } from './unit-chip.tsx';
import { ZoneCard } from './zone-card.tsx';

/** A region: its door on top, its zones below it. */
export function RegionLane({ view, status }: { view: RegionView; status: Status }) {
  const { region, door, zones } = view;
  const gateway = status.gateways.find((candidate) => candidate.region === region.name);
  return (
    <section className={classes.region} aria-label={`Region ${region.name}`} data-region={region.name}>
      <header className={classes.regionHead}>
        <h2>
          <EntityName name={region.name} kind="region" />
        </h2>
        <StatePill state={region.state} />
        {region.name === status.writerRegion ? <span className={classes.writer}>writer region</span> : null}
        <TryMenu name={region.name} status={status} />
      </header>
      <div className={classes.gateway}>
        {door.map(({ unit, zone }) => (
          <UnitChip key={unit.id} unit={unit} status={status} place={zone} />
        ))}
        <p className={classes.routes}>{toRoutesText(gateway)}</p>
      </div>
      <div className={classes.zones}>
        {zones.map((zone) => (
          <ZoneCard key={zone.zone.name} view={zone} status={status} />
        ))}
      </div>
    </section>
  );
}

function toRoutesText(gateway: Status['gateways'][number] | undefined): string {
  if (gateway === undefined || gateway.generation === null) return 'routes: not known';
  return `routes: generation ${gateway.generation}, ${gateway.inForce ? 'in force' : 'not yet in force'}`;
}
