import { VisuallyHidden } from '@mantine/core';
import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import { useShown } from '../details/use-shown.ts';
import { StateIcon } from '../look/state-icon.tsx';
import { toUnitLabel, toUnitTags } from './estate.ts';
import classes from './unit-chip.module.css';
import { toUnitHealth } from './unit-health.ts';

/** One unit: state, name, role, and what is unusual about it. Opens its details. */
export function UnitChip({ unit, status, place }: { unit: StatusUnit; status: Status; place?: string }) {
  const { show } = useShown();
  const { state } = toUnitHealth(status, unit);
  const unusual = unit.process === 'ready' ? null : unit.process;
  return (
    <button
      type="button"
      className={classes.chip}
      data-state={state}
      data-unit={unit.id}
      title={unit.id}
      onClick={() => show(unit.id)}
    >
      <StateIcon state={state} />
      <span className={classes.label}>{toUnitLabel(unit)}</span>
      <VisuallyHidden>
        {state}, {unit.id}
      </VisuallyHidden>
      {toUnitTags(status, unit).map((tag) => (
        <span key={tag.text} className={classes.tag} data-tone={tag.tone} data-tag={tag.text}>
          {tag.text}
        </span>
      ))}
      <span className={classes.rest}>
        {place === undefined ? null : <span className={classes.place}>in {place}</span>}
        {unusual === null ? null : <span className={classes.process}>{unusual}</span>}
        {unit.restarts > 0 ? (
          <span className={classes.restarts} title={`Restarted ${unit.restarts} times`}>
            <span aria-hidden="true">↻{unit.restarts}</span>
            <VisuallyHidden>restarted {unit.restarts} times</VisuallyHidden>
          </span>
        ) : null}
      </span>
    </button>
  );
}
