import type { Observation } from '@alwayson/protocol/observation.ts';
import { statusClasses } from './classify-line.ts';
import { latencyBoundsMs } from './latency-histogram.ts';
import type { TrafficSeries, TrafficTotals } from './traffic-counters.ts';

/** Prometheus text (format 0.0.4). Names and stamps are of a fixed alphabet and need no escaping. */
export function renderObserverMetrics(observation: Observation, totals: TrafficTotals): string {
  const { flows, probes, linesLost, region } = observation;
  const families = [
    family('alwayson_flow_requests_total', 'counter', 'Requests by outcome, as users saw them.', [
      ...flows.flatMap(({ flow, good, bad, clientErrors }) => [
        sample({ flow, outcome: 'good' }, good),
        sample({ flow, outcome: 'bad' }, bad),
        sample({ flow, outcome: 'client_error' }, clientErrors),
      ]),
    ]),
    family('alwayson_stamp_requests_total', 'counter', 'Requests by stamp, release and status class.', [
      ...totals.series.flatMap((series) =>
        statusClasses
          .filter((name) => series.classes[name] > 0)
          .map((name) => sample({ ...toLabels(series), class: name }, series.classes[name])),
      ),
    ]),
    family('alwayson_stamp_bad_requests_total', 'counter', 'Requests that count against availability.', [
      ...totals.series.map((series) => sample(toLabels(series), series.bad)),
    ]),
    renderLatency(totals.series),
    family('alwayson_synthetic_requests_total', 'counter', 'Requests of our own, counted nowhere else.', [
      sample({ region }, totals.synthetic),
    ]),
    family('alwayson_gateway_lines_lost', 'gauge', 'Log lines that never arrived.', [
      sample({ region }, linesLost),
    ]),
    family('alwayson_probe_ok', 'gauge', '1 when the last outside-in probe of a flow was good.', [
      ...probes.map(({ flow, ok }) => sample({ flow }, Number(ok))),
    ]),
    family('alwayson_probe_duration_seconds', 'gauge', 'Duration of the last outside-in probe.', [
      ...probes.map(({ flow, durationMs }) => sample({ flow }, durationMs / 1000)),
    ]),
  ];
  return families.join('');
}

function renderLatency(series: readonly TrafficSeries[]): string {
  const samples = series.flatMap((entry) => {
    const labels = toLabels(entry);
    let sum = 0;
    const buckets = entry.latency.map((count, index) => {
      sum += count;
      const bound = latencyBoundsMs[index];
      return sample({ ...labels, le: bound === undefined ? '+Inf' : String(bound / 1000) }, sum, '_bucket');
    });
    return [...buckets, sample(labels, entry.latencySumMs / 1000, '_sum'), sample(labels, sum, '_count')];
  });
  return family(
    'alwayson_request_duration_seconds',
    'histogram',
    'From the first byte of the request to the last of the answer.',
    samples,
  );
}

interface Sample {
  suffix: string;
  labels: Record<string, string>;
  value: number;
}

function sample(labels: Record<string, string>, value: number, suffix = ''): Sample {
  return { suffix, labels, value };
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ suffix, labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${suffix}{${pairs.join(',')}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** A stamp's name ends with the first characters of its release. */
function toLabels({ flow, stamp }: TrafficSeries): Record<string, string> {
  return { flow, stamp, release: stamp.slice(stamp.lastIndexOf('-') + 1) };
}
