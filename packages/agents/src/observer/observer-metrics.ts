import type { Observation } from '@alwayson/protocol/observation.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { statusClasses } from './classify-line.ts';
import { toRelease } from './counted-request.ts';
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

export interface ObserverFigures {
  observation: Observation;
  totals: TrafficTotals;
  slices: { complete: number; incomplete: number };
  historyBytes: number;
}

/** Prometheus text (format 0.0.4). Names and stamps are of a fixed alphabet and need no escaping. */
export function renderObserverMetrics(figures: ObserverFigures): string {
  return [...listTraffic(figures), ...listObserved(figures), ...listProbes(figures.observation)]
    .map(renderFamily)
    .join('');
}

function listTraffic({ observation, totals }: ObserverFigures): Family[] {
  const { series } = totals;
  return [
    {
      name: 'alwayson_flow_requests_total',
      type: 'counter',
      help: 'Requests by outcome, as users saw them.',
      samples: observation.flows.flatMap(({ flow, good, bad, clientErrors }) => [
        { labels: { flow, outcome: 'good' }, value: good },
        { labels: { flow, outcome: 'bad' }, value: bad },
        { labels: { flow, outcome: 'client_error' }, value: clientErrors },
      ]),
    },
    {
      name: 'alwayson_flow_causes_total',
      type: 'counter',
      help: 'Requests by what became of them.',
      samples: Object.entries(totals.flows).flatMap(([flow, causes]) =>
        Object.entries(causes).map(([cause, value]) => ({ labels: { flow, cause }, value })),
      ),
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

function listObserved({ observation, totals, slices, historyBytes }: ObserverFigures): Family[] {
  const { region, linesLost } = observation;
  return [
    {
      name: 'alwayson_synthetic_requests_total',
      type: 'counter',
      help: 'Requests of our own, counted nowhere else.',
      samples: [{ labels: { region }, value: totals.synthetic }],
    },
    {
      name: 'alwayson_gateway_lines_lost',
      type: 'gauge',
      help: 'Log lines that never arrived.',
      samples: [{ labels: { region }, value: linesLost }],
    },
    {
      name: 'alwayson_coverage_slices_total',
      type: 'counter',
      help: 'Ten-second slices since the start of this process, by whether all of their traffic is known.',
      samples: [
        { labels: { region, complete: 'true' }, value: slices.complete },
        { labels: { region, complete: 'false' }, value: slices.incomplete },
      ],
    },
    {
      name: 'alwayson_history_bytes',
      type: 'gauge',
      help: 'Size of the traffic history.',
      samples: [{ labels: { region }, value: historyBytes }],
    },
  ];
}

function listProbes({ probes, writeProbes = [], stampProbes = [] }: Observation): Family[] {
  const seen = [
    ...probes.map((result) => ({ ...result, labels: { flow: result.flow, kind: 'read' } })),
    ...writeProbes.map((result) => ({ ...result, labels: { flow: result.flow, kind: 'write' } })),
  ];
  const seenAtStamps = stampProbes.map((result) => ({ ...result, labels: toLabels(result) }));
  return [
    {
      name: 'alwayson_probe_ok',
      type: 'gauge',
      help: '1 when the last outside-in probe of a flow was good.',
      samples: seen.map(({ labels, ok }) => ({ labels, value: Number(ok) })),
    },
    {
      name: 'alwayson_probe_duration_seconds',
      type: 'gauge',
      help: 'Duration of the last outside-in probe.',
      samples: seen.map(({ labels, durationMs }) => ({ labels, value: durationMs / 1000 })),
    },
    {
      name: 'alwayson_stamp_probe_ok',
      type: 'gauge',
      help: '1 when the last probe of a flow at this stamp was good.',
      samples: seenAtStamps.map(({ labels, ok }) => ({ labels, value: Number(ok) })),
    },
    {
      name: 'alwayson_stamp_probe_duration_seconds',
      type: 'gauge',
      help: 'Duration of the last probe of a flow at this stamp.',
      samples: seenAtStamps.map(({ labels, durationMs }) => ({ labels, value: durationMs / 1000 })),
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

function toLabels({ flow, stamp }: { flow: string; stamp: string }): Record<string, string> {
  return { flow, stamp, release: toRelease(stamp) };
}
