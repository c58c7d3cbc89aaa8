import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

/** The whole status for a terminal: the map first, then what serves, what holds data, and the flows. */
export function renderStatus(status: Status, painter: Painter): string {
  const { sign, paint } = painter;
  const head = [
    `${sign(status.state)} ${paint('bold', status.workload)} (${status.environment}, ${status.type}) is ${status.state}${status.phase === 'running' ? '' : `, ${status.phase}`}`,
    `  front door ${status.frontDoor}   console ${status.console}   writer region ${status.writerRegion}   epoch ${status.epoch}   release ${status.release.slice(0, 12)}`,
  ];
  const zones = [
    ...renderZone(status.witness, painter),
    ...status.regions.flatMap((region) => [
      `${sign(region.state)} region ${region.name}: ${region.state}`,
      ...region.zones.flatMap((zone) => renderZone(zone, painter)),
    ]),
  ];
  return [
    ...head,
    ...renderOperations(status, painter),
    '',
    ...zones,
    '',
    ...renderStamps(status, painter),
    ...renderData(status, painter),
    ...renderRecovery(status, painter),
    ...renderFlows(status, painter),
  ].join('\n');
}

function renderOperations({ operations }: Status, { paint }: Painter): string[] {
  const running = operations.filter(({ state }) => state === 'running');
  return running.map(({ title }) => `  ${paint('cyan', '▶')} ${title}`);
}

function renderZone(zone: StatusZone, painter: Painter): string[] {
  const host = zone.hostPid === null ? 'no host' : `host ${zone.hostPid}`;
  const rows = zone.units.map((unit) => [
    unit.id,
    unit.process,
    `${unit.address}:${unit.port}`,
    unit.pid === null ? '-' : `pid ${unit.pid}`,
    describeTrouble(unit),
  ]);
  return [
    `  ${painter.sign(zone.state)} zone ${zone.name}: ${zone.state} (${zone.address}, ${host})`,
    ...withSigns(rows, zone.units, painter),
  ];
}

function describeTrouble(unit: StatusUnit): string {
  const restarts = unit.restarts > 0 ? `${unit.restarts} restart${unit.restarts === 1 ? '' : 's'}` : '';
  return [restarts, unit.reason ?? ''].filter(Boolean).join(', ');
}

function renderStamps({ stamps }: Status, painter: Painter): string[] {
  const rows = stamps.map((stamp) => [
    stamp.id,
    stamp.state,
    `share ${Math.round(stamp.share * 100)} %`,
    describeSwitched(stamp.switched),
  ]);
  return ['stamps', ...withSigns(rows, stamps, painter)];
}

function describeSwitched(switched: Status['stamps'][number]['switched']): string {
  if (switched === undefined) return '';
  const { action, owner, reason, until } = switched;
  return `${action} by ${owner}: ${reason}${until === undefined ? '' : ` (until ${until})`}`;
}

function renderData({ database, queues }: Status, painter: Painter): string[] {
  const members = database.members.map(({ id, role, sync, lagBytes, lag, reason }) => [
    id,
    sync ? `${role}, synchronous` : role,
    lagBytes === null ? '' : `${lagBytes} bytes behind`,
    lag === undefined ? '' : `${lag.ms} ms (p99 ${lag.p99Ms} ms)`,
    reason ?? '',
  ]);
  const shards = queues.map(({ region, primary, copies, depth, reason }) => [
    `queue of ${region}`,
    `primary ${primary ?? 'none'}`,
    `${copies} ${copies === 1 ? 'copy' : 'copies'}, ${depth ?? 'unknown'} waiting`,
    '',
    reason ?? '',
  ]);
  return ['data', ...withSigns([...members, ...shards], [...database.members, ...queues], painter)];
}

function renderRecovery({ recovery, writerRegion }: Status, { paint }: Painter): string[] {
  if (recovery.length === 0) return [];
  const lines = recovery.map(({ region, isReady, failing }) =>
    isReady
      ? `  ${paint('green', 'ready')}      ${region} could write instead of ${writerRegion}`
      : `  ${paint('red', 'not ready')}  ${region} could not write: ${failing.join('; ') || 'seen once'}`,
  );
  return ['recovery', ...lines];
}

function renderFlows({ flows }: Status, painter: Painter): string[] {
  const rows = flows.map(({ name, state, criticality, reason }) => [
    name,
    state,
    `${criticality} criticality`,
    reason ?? '',
  ]);
  return ['flows', ...withSigns(rows, flows, painter)];
}

/** A table whose rows start with the sign of their entity's state. */
function withSigns(
  rows: readonly string[][],
  entities: readonly { state: State }[],
  { sign }: Painter,
): string[] {
  return renderTable(rows, '').map(
    (line, index) => `      ${sign(entities[index]?.state ?? 'unknown')} ${line}`,
  );
}
