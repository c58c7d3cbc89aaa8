import type { Status } from '@alwayson/protocol/status.ts';
import type { TryAction } from '../api/requests.ts';
import { type Entity, listEntityUnits } from '../map/estate.ts';
import { describeLosses } from './losses.ts';

/** What a kill or revive means, in plain words, told before it is done. Pure. */
export interface OutageText {
  title: string;
  what: string;
  expect: string[];
}

/** Nothing to kill where nothing runs; nothing to revive where everything runs. The witness keeps the others: never offered. */
export function canTry(action: TryAction, entity: Entity): boolean {
  if (entity.kind === 'zone' && entity.region === 'witness') return false;
  const units = listEntityUnits(entity);
  if (action === 'kill') return units.some((unit) => unit.pid !== null);
  return hasDeadHost(entity) || units.some((unit) => unit.pid === null || unit.process === 'failing');
}

function hasDeadHost(entity: Entity): boolean {
  if (entity.kind === 'zone') return entity.zone.hostPid === null;
  if (entity.kind === 'region') return entity.region.zones.some((zone) => zone.hostPid === null);
  return false;
}

export function describeOutage(action: TryAction, entity: Entity, status: Status): OutageText {
  if (action === 'revive') {
    return {
      title: `Revive ${entity.kind} ${entity.name}?`,
      what: toReviveText(entity),
      expect: listReviveEffects(entity),
    };
  }
  const expect = describeLosses(listEntityUnits(entity), status);
  if (entity.kind === 'unit' || entity.kind === 'stamp') expect.push(toReturnText(entity));
  return { title: `Kill ${entity.kind} ${entity.name}?`, what: toKillText(entity), expect };
}

function toKillText(entity: Entity): string {
  const running = listEntityUnits(entity).filter((unit) => unit.pid !== null).length;
  switch (entity.kind) {
    case 'unit':
      return `SIGKILL to process ${entity.unit.pid ?? ''} of ${entity.name} in zone ${entity.zone.name}: it cannot clean up first.`;
    case 'stamp':
      return `SIGKILL to all ${running} processes of the stamp at once.`;
    case 'zone':
      return `SIGKILL to the host process and all ${running} units of the zone at once, as when its power fails. The zone stays down until it is revived.`;
    case 'region':
      return `SIGKILL to every host process and all ${running} units of the region at once. The region stays down until it is revived.`;
  }
}

/** Hosts start what may run twice without harm; what may hold the one writable copy waits for a decision. */
function toReturnText(entity: Entity): string {
  const isCopy = listEntityUnits(entity).some(({ kind }) => kind === 'postgres' || kind === 'redis-queue');
  return isCopy
    ? 'The control plane starts it again when that is safe.'
    : 'Its host starts it again by itself, after a short backoff.';
}

function toReviveText(entity: Entity): string {
  switch (entity.kind) {
    case 'unit':
      return `Its host starts ${entity.name} again now, without waiting for its backoff.`;
    case 'stamp':
      return 'Its host starts every unit of the stamp that does not run.';
    case 'zone':
    case 'region':
      return `Every dead host process of ${entity.name} is started, and starts its units in order.`;
  }
}

function listReviveEffects(entity: Entity): string[] {
  const units = listEntityUnits(entity);
  const effects = [
    'Its units go over starting to ready within seconds. What serves now is not touched.',
    units.some((unit) => unit.kind === 'postgres')
      ? 'PostgreSQL comes back as a standby, rewound where needed; it does not take the writer role back.'
      : '',
    units.some((unit) => unit.stamp !== undefined)
      ? 'A stamp gets its share of the traffic back once its health checks pass.'
      : '',
  ];
  return effects.filter(Boolean);
}
