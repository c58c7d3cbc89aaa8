import { VisuallyHidden } from '@mantine/core';
import type { Status } from '@alwayson/protocol/status.ts';
import { StateIcon } from '../look/state-icon.tsx';
import { TryMenu } from '../try/try-menu.tsx';
import { EntityName } from './entity-name.tsx';
import type { StampView } from './estate.ts';
import { UnitChip } from './unit-chip.tsx';
import classes from './zone.module.css';

/** A stamp: its share of the region's traffic and its units. */
export function StampCard({ view, status }: { view: StampView; status: Status }) {
  const { stamp, units } = view;
  return (
    <section className={classes.stamp} aria-label={`Stamp ${stamp.id}`} data-state={stamp.state}>
      <header className={classes.stampHead}>
        <StateIcon state={stamp.state} />
        <h4>
          <EntityName name={stamp.id} kind="stamp" />
        </h4>
        <VisuallyHidden>{stamp.state}</VisuallyHidden>
        <TryMenu name={stamp.id} status={status} />
      </header>
      <ShareBar share={stamp.share} />
      <ul className={classes.components}>
        {units.map((unit) => (
          <li key={unit.id}>
            <UnitChip unit={unit} status={status} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ShareBar({ share }: { share: number }) {
  const percent = Math.round(share * 100);
  return (
    <p className={classes.share}>
      <span className={classes.bar} aria-hidden="true">
        <span style={{ width: `${percent}%` }} />
      </span>
      <span>{percent} % of traffic</span>
    </p>
  );
}
