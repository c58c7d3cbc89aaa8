import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import type { ReactNode } from 'react';
import { StateIcon } from '../look/state-icon.tsx';
import { type Entity, listEntityUnits, toUnitLabel, toUnitTags } from '../map/estate.ts';
import { toUnitHealth } from '../map/unit-health.ts';
import { toAbsence } from '../map/zone-absence.ts';
import classes from './details.module.css';
import { useShown } from './use-shown.ts';

export function EntityFacts({ entity, status }: { entity: Entity; status: Status }) {
  const { show } = useShown();
  return (
    <>
      <dl className={classes.facts}>
        {toFacts(entity, status).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {entity.kind === 'unit' ? null : (
        <section className={classes.part}>
          <h3>Units</h3>
          <ul className={classes.units}>
            {listEntityUnits(entity).map((unit) => {
              const { state, reason } = toUnitHealth(status, unit);
              return (
                <li key={unit.id} data-state={state}>
                  <StateIcon state={state} />
                  <button type="button" onClick={() => show(unit.id)}>
                    {unit.id}
                  </button>
                  <span>{reason ?? unit.process}</span>
                </li>
              );
            })}
          </ul>
        </section>
      )}
    </>
  );
}

function toFacts(entity: Entity, status: Status): [string, ReactNode][] {
  switch (entity.kind) {
    case 'unit':
      return toUnitFacts(entity.unit, entity.zone.name, status);
    case 'stamp': {
      const { zone, region, release, share } = entity.view.stamp;
      return [
        ['Zone', zone],
        ['Region', region],
        ['Release', release],
        ['Share', `${Math.round(share * 100)} % of the region’s traffic`],
      ];
    }
    case 'zone':
      return [
        ['Region', entity.region],
        ['Address', entity.zone.address],
        [
          'Host process',
          entity.zone.hostPid === null ? toAbsence(entity.zone) : `pid ${entity.zone.hostPid}`,
        ],
      ];
    case 'region':
      return [
        ['Zones', entity.region.zones.map((zone) => zone.name).join(', ')],
        ['Writer region', entity.name === status.writerRegion ? 'yes' : `no, ${status.writerRegion} is`],
      ];
  }
}

function toUnitFacts(unit: StatusUnit, zone: string, status: Status): [string, ReactNode][] {
  const { reason } = toUnitHealth(status, unit);
  const tags = toUnitTags(status, unit).map((tag) => tag.text);
  return [
    ['What it is', toUnitLabel(unit)],
    ...(tags.length === 0 ? [] : [['Role', tags.join(', ')] satisfies [string, string]]),
    ['Process', unit.pid === null ? unit.process : `${unit.process}, pid ${unit.pid}`],
    ['Address', `${unit.address}:${unit.port}`],
    ['Zone', zone],
    ...(unit.stamp === undefined ? [] : [['Stamp', unit.stamp] satisfies [string, string]]),
    ...(unit.release === undefined ? [] : [['Release', unit.release] satisfies [string, string]]),
    ['Restarts', String(unit.restarts)],
    ...(reason === undefined ? [] : [['Reason', reason] satisfies [string, string]]),
  ];
}
