import { renderProcessMetrics } from '@alwayson/engines/process/render-process-metrics.ts';
import type { Status } from '@alwayson/protocol/status.ts';

/** Prometheus text of the control plane's view: one gauge per unit, stamp, flow and database member. */
export function renderMetrics(status: Status): string {
  const zones = [...status.regions.flatMap((region) => region.zones), status.witness];
  const units = zones.flatMap((zone) => zone.units.map((unit) => ({ zone: zone.name, unit })));
  return [
    '# HELP alwayson_unit_healthy 1 when the unit is healthy.',
    '# TYPE alwayson_unit_healthy gauge',
    ...units.map(({ zone, unit }) =>
      line('alwayson_unit_healthy', { zone, unit: unit.id, kind: unit.kind }, unit.state === 'healthy'),
    ),
    "# HELP alwayson_unit_restarts_total Restarts by the unit's host.",
    '# TYPE alwayson_unit_restarts_total counter',
    ...units.map(({ zone, unit }) =>
      line('alwayson_unit_restarts_total', { zone, unit: unit.id, kind: unit.kind }, unit.restarts),
    ),
    "# HELP alwayson_stamp_share Intended part of its region's traffic.",
    '# TYPE alwayson_stamp_share gauge',
    ...status.stamps.map((stamp) =>
      line('alwayson_stamp_share', { stamp: stamp.id, region: stamp.region }, stamp.share),
    ),
    '# HELP alwayson_flow_healthy 1 when the flow is healthy.',
    '# TYPE alwayson_flow_healthy gauge',
    ...status.flows.map((flow) =>
      line('alwayson_flow_healthy', { flow: flow.name }, flow.state === 'healthy'),
    ),
    '# HELP alwayson_database_lag_bytes Bytes behind the writer.',
    '# TYPE alwayson_database_lag_bytes gauge',
    ...status.database.members
      .filter((member) => member.lagBytes !== null)
      .map((member) => line('alwayson_database_lag_bytes', { member: member.id }, member.lagBytes ?? 0)),
    '# HELP alwayson_database_lag_seconds What would be lost with the writer, in time.',
    '# TYPE alwayson_database_lag_seconds gauge',
    ...status.database.members.flatMap(({ id, lag }) =>
      lag === undefined ? [] : [line('alwayson_database_lag_seconds', { member: id }, lag.ms / 1000)],
    ),
    '# HELP alwayson_queue_waiting Writes that wait in the queue of a region.',
    '# TYPE alwayson_queue_waiting gauge',
    ...status.queues
      .filter((queue) => queue.depth !== null)
      .map((queue) => line('alwayson_queue_waiting', { region: queue.region }, queue.depth ?? 0)),
    '# HELP alwayson_queue_copies Copies that a write needs now before it is acknowledged.',
    '# TYPE alwayson_queue_copies gauge',
    ...status.queues.map((queue) => line('alwayson_queue_copies', { region: queue.region }, queue.copies)),
    renderProcessMetrics(),
  ].join('\n');
}

function line(name: string, labels: Record<string, string>, value: number | boolean): string {
  const inside = Object.entries(labels).map(([key, text]) => `${key}="${text.replaceAll(/["\\\n]/g, '_')}"`);
  return `${name}{${inside.join(',')}} ${Number(value)}`;
}
