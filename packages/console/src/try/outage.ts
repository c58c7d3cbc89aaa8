import type { Status, StatusUnit } from '@alwayson/protocol/status.ts';
import type { TryAction } from '../api/requests.ts';
import { type Entity, listEntityUnits } from '../map/estate.ts';

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
  return units.some((unit) => unit.pid === null || unit.process === 'failing') || listDeadHosts(entity) > 0;
}

function listDeadHosts(entity: Entity): number {
  if (entity.kind === 'zone') return entity.zone.hostPid === null ? 1 : 0;
  if (entity.kind === 'region') return entity.region.zones.filter((zone) => zone.hostPid === null).length;
  return 0;
}

export function describeOutage(action: TryAction, entity: Entity, status: Status): OutageText {
  const title = `${action === 'kill' ? 'Kill' : 'Revive'} ${entity.kind} ${entity.name}?`;
  if (action === 'revive') {
    return { title, what: toReviveWhat(entity), expect: toReviveExpect(entity) };
  }
  return { title, what: toKillWhat(entity), expect: toKillExpect(entity, status) };
}

function toReviveWhat(entity: Entity): string {
  if (entity.kind === 'unit')
    return `Its host starts ${entity.name} again now, without waiting for its backoff.`;
  if (entity.kind === 'stamp') return 'Its host starts every unit of the stamp that does not run.';
  return `The host process of every dead zone in ${entity.name} is started, and it starts its units in order.`;
}

function toReviveExpect(entity: Entity): string[] {
  const units = listEntityUnits(entity);
  const texts = [
    'Units go from exited over starting to ready within seconds; nothing that serves now is touched.',
  ];
  if (units.some((unit) => unit.kind === 'postgres')) {
    texts.push(
      'PostgreSQL comes back as a standby, rewound when needed. It does not take the writer role back.',
    );
  }
  if (units.some((unit) => unit.stamp !== undefined)) {
    texts.push('The stamp gets its share back only after its health checks pass.');
  }
  return texts;
}

function toKillWhat(entity: Entity): string {
  const running = listEntityUnits(entity).filter((unit) => unit.pid !== null).length;
  switch (entity.kind) {
    case 'unit':
      return `SIGKILL to the process ${entity.unit.pid ?? ''} of ${entity.name} in zone ${entity.zone.name}: no clean-up, no goodbye.`;
    case 'stamp':
      return `SIGKILL to all ${running} processes of the stamp at once.`;
    case 'zone':
      return `SIGKILL to the host process and all ${running} units of the zone at once, as when the power fails. The zone stays down until it is revived.`;
    case 'region':
      return `SIGKILL to every host and all ${running} units of the region at once. It stays down until it is revived.`;
  }
}

function toKillExpect(entity: Entity, status: Status): string[] {
  const units = listEntityUnits(entity).filter((unit) => unit.pid !== null);
  const texts = units.length === 1 ? [] : [toServingText(units)];
  if (entity.kind === 'region' && entity.name === status.writerRegion) {
    texts.push(
      'It is the writer region: changes of items fail until it is revived or another region is made the writer. ' +
        'Small writes go to the queue of the other region and are applied afterwards.',
    );
  }
  const seen = new Set<string>();
  for (const unit of units) {
    if (seen.has(unit.kind) || (entity.kind !== 'unit' && unit.stamp !== undefined)) continue;
    seen.add(unit.kind);
    texts.push(...toUnitExpect(unit, status, entity));
  }
  if (entity.kind === 'unit' || entity.kind === 'stamp') {
    texts.push('Its host starts it again by itself, after a short backoff.');
  }
  return texts.filter((text) => text !== '');
}

function toServingText(units: readonly StatusUnit[]): string {
  return units.some((unit) => unit.stamp !== undefined)
    ? 'The gateways send the traffic to the other stamps; safe requests that were in flight are tried again there.'
    : '';
}

/** What losing this one unit means; the copies elsewhere are named where they matter. */
function toUnitExpect(unit: StatusUnit, status: Status, entity: Entity): string[] {
  switch (unit.kind) {
    case 'component':
    case 'stamp-agent':
      return [
        'The gateways send its requests to the other stamps; safe requests in flight are tried again there.',
      ];
    case 'gateway':
      return [
        'What is in flight on this gateway’s own connections at that instant is lost; the other gateway takes new connections at once.',
      ];
    case 'gateway-agent':
      return entity.kind === 'unit' ? ['Traffic is not touched: the gateway keeps the routes it has.'] : [];
    case 'observer':
      return [
        'Traffic is not touched. The measured availability shows a gap in its coverage until it is back.',
      ];
    case 'postgres':
      return entity.kind === 'region' ? [] : [toPostgresExpect(unit, status)];
    case 'pgbouncer':
      return entity.kind === 'region'
        ? []
        : ['SQL of this region goes through the region’s other PgBouncer.'];
    case 'redis-queue':
      return entity.kind === 'region'
        ? []
        : [
            'Small writes go on with one copy, or wait for the queue to answer again. Nothing acknowledged is lost; the queue shows as degraded.',
          ];
    case 'redis-cache':
      return ['Reads of this region go to the database until it is back: slower, not wrong.'];
    case 'control-plane':
      return [
        'The workload goes on without it. This console stands still until the witness host has restarted it.',
      ];
  }
}

function toPostgresExpect(unit: StatusUnit, status: Status): string {
  const member = status.database.members.find((candidate) => candidate.id === unit.id);
  const sync = status.database.members.find((candidate) => candidate.sync && candidate.id !== unit.id);
  if (member?.role === 'primary') {
    return sync === undefined
      ? 'It is the writer and no synchronous standby is known now: writes stop until it is back.'
      : `It is the writer: ${sync.id} is promoted and writes go on, with a gap of about 2 s or less. Nothing acknowledged is lost; it comes back as a standby.`;
  }
  if (member?.sync === true) {
    return 'It holds the second copy of every write: writes go on with one copy within about 1 s, shown as degraded, until there is a second again.';
  }
  return 'It is a standby: writes go on, and it catches up when it is back.';
}
