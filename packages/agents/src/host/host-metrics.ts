import { renderProcessMetrics } from '@alwayson/engines/process/render-process-metrics.ts';
import { type MetricFamily, renderMetricFamilies } from '@alwayson/protocol/metrics-text.ts';
import { type HostStatus, type UnitStatus, unitStates } from '@alwayson/protocol/units.ts';

/** Prometheus text: this process, and what it knows of its units. */
export function renderHostMetrics(status: HostStatus): string {
  return renderProcessMetrics() + renderMetricFamilies(listUnits(status));
}

function listUnits({ region, zone, units, problems = [] }: HostStatus): MetricFamily[] {
  const labelsOf = ({ id, kind }: UnitStatus) => ({ region, zone, unit: id, kind });
  return [
    {
      name: 'alwayson_host_unit_state',
      type: 'gauge',
      help: '1 for the state that the unit is in, as its host sees it.',
      samples: units.flatMap((unit) =>
        unitStates.map((state) => ({
          labels: { ...labelsOf(unit), state },
          value: Number(unit.state === state),
        })),
      ),
    },
    {
      name: 'alwayson_host_unit_restarts_total',
      type: 'counter',
      help: 'Starts after an exit that nobody asked for.',
      samples: units.map((unit) => ({ labels: labelsOf(unit), value: unit.restarts })),
    },
    {
      name: 'alwayson_host_unit_start_time_seconds',
      type: 'gauge',
      help: "Start of the unit's process, since the epoch.",
      samples: units.flatMap((unit) =>
        unit.startedAt === null ? [] : [{ labels: labelsOf(unit), value: Date.parse(unit.startedAt) / 1000 }],
      ),
    },
    {
      name: 'alwayson_host_unit_memory_bytes',
      type: 'gauge',
      help: 'Resident memory of a component and its children.',
      samples: units.flatMap((unit) =>
        unit.memoryBytes === undefined ? [] : [{ labels: labelsOf(unit), value: unit.memoryBytes }],
      ),
    },
    {
      name: 'alwayson_host_problems',
      type: 'gauge',
      help: 'Faults of the host itself, such as a damaged file that was set aside.',
      samples: [{ labels: { region, zone }, value: problems.length }],
    },
  ];
}
