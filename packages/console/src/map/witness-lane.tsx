import type { Status } from '@alwayson/protocol/status.ts';
import { StatePill } from '../look/state-pill.tsx';
import { EntityName } from './entity-name.tsx';
import classes from './map.module.css';
import { UnitChip } from './unit-chip.tsx';

/** The witness zone stands apart: no traffic passes it. */
export function WitnessLane({ status }: { status: Status }) {
  const { witness } = status;
  return (
    <section
      className={classes.witness}
      aria-label={`Zone ${witness.name}`}
      data-zone={witness.name}
      data-state={witness.state}
    >
      <header>
        <h2>
          <EntityName name={witness.name} kind="zone" />
        </h2>
        <StatePill state={witness.state} />
      </header>
      <ul>
        {witness.units.map((unit) => (
          <li key={unit.id}>
            <UnitChip unit={unit} status={status} />
          </li>
        ))}
      </ul>
      <p>Decides and shows; no request passes it.</p>
    </section>
  );
}
