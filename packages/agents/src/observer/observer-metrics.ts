import type { Observation } from '@alwayson/protocol/observation.ts';
import { statusClasses } from './classify-line.ts';
import { latencyBoundsMs } from './latency-histogram.ts';
import type { TrafficSeries, TrafficTotals } from './traffic-counters.ts';

interface Sample {
  /** What follows the family's name, for the parts of a histogram. */
  suffix?: string;
  labels: Record<string, string>;
  value: number;
}

interface Family {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  samples: Sample[];
}

/** Prometheus text (format 0.0.4). Names and stamps are of a fixed alphabet and need no escaping. */
export function renderObserverMetrics(observation: Observation, totals: TrafficTotals): string {
  return [...listTraffic(observation, totals), ...listObserved(observation, totals)]
    .map(renderFamily)
    .join('');
}

function listTraffic({ flows }: Observation, { series }: TrafficTotals): Family[] {
  return [
    {
      name: 'alwayson_flow_requests_total',
      type: 'counter',
      help: 'Requests by outcome, as users saw them.',
      samples: flows.flatMap(({ flow, good, bad, clientErrors }) => [
        { labels: { flow, outcome: 'good' }, value: good },
        { labels: { flow, outcome: 'bad' }, value: bad },
        { labels: { flow, outcome: 'client_error' }, value: clientErrors },
      ]),
    },
    {
      name: 'alwayson_stamp_requests_total',
      type: 'counter',
      help: 'Requests by stamp, release and status class.',
      samples: series.flatMap((entry) =>
        statusClasses
          .filter((name) => entry.classes[name] > 0)
          .map((name) => ({ labels: { ...toLabels(entry), class: name }, value: entry.classes[name] })),
      ),
    },
    {
      name: 'alwayson_stamp_bad_requests_total',
      type: 'counter',
      help: 'Requests that count against availability.',
      samples: series.map((entry) => ({ labels: toLabels(entry), value: entry.bad })),
    },
    {
      name: 'alwayson_request_duration_seconds',
      type: 'histogram',
      help: 'From the first byte of the request to the last of the answer.',
      samples: series.flatMap(listLatency),
    },
  ];
}

function listObserved({ probes, linesLost, region }: Observation, { synthetic }: TrafficTotals): Family[] {
  return [
    {
      name: 'alwayson_synthetic_requests_total',
      type: 'counter',
      help: 'Requests of our own, counted nowhere else.',
      samples: [{ labels: { region }, value: synthetic }],
    },
    {
      name: 'alwayson_gateway_lines_lost',
      type: 'gauge',
      help: 'Log lines that never arrived.',
      samples: [{ labels: { region }, value: linesLost }],
    },
    {
      name: 'alwayson_probe_ok',
      type: 'gauge',
      help: '1 when the last outside-in probe of a flow was good.',
      samples: probes.map(({ flow, ok }) => ({ labels: { flow }, value: Number(ok) })),
    },
    {
      name: 'alwayson_probe_duration_seconds',
      type: 'gauge',
      help: 'Duration of the last outside-in probe.',
      samples: probes.map(({ flow, durationMs }) => ({ labels: { flow }, value: durationMs / 1000 })),
    },
  ];
}

/** Prometheus wants cumulative buckets. */
function listLatency(entry: TrafficSeries): Sample[] {
  const labels = toLabels(entry);
  let sum = 0;
  const buckets = entry.latency.map((count, index): Sample => {
    sum += count;
    const bound = latencyBoundsMs[index];
    return {
      suffix: '_bucket',
      labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1000) },
      value: sum,
    };
  });
  return [
    ...buckets,
    { suffix: '_sum', labels, value: entry.latencySumMs / 1000 },
    { suffix: '_count', labels, value: sum },
  ];
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${suffix}{${pairs.join(',')}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** A stamp's name ends with the first characters of its release. */
function toLabels({ flow, stamp }: TrafficSeries): Record<string, string> {
  return { flow, stamp, release: stamp.slice(stamp.lastIndexOf('-') + 1) };
}
