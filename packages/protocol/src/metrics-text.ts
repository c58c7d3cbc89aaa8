/** Metrics as every process tells them at `GET /metrics`: Prometheus text, format 0.0.4. */
export const metricsContentType = 'text/plain; version=0.0.4';
export const metricsPath = '/metrics';

export interface MetricSample {
  /** What follows the family's name, for the parts of a histogram. */
  suffix?: string;
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export interface MetricFamily {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  samples: readonly MetricSample[];
}

/** A figure that there is once, or not at all. */
export function toSingleMetric(
  type: 'counter' | 'gauge',
  name: string,
  { help, value, labels }: { help: string; value: number | null; labels?: Readonly<Record<string, string>> },
): MetricFamily {
  const samples = value === null ? [] : [{ value, ...(labels === undefined ? {} : { labels }) }];
  return { name, type, help, samples };
}

/** Families without a sample are left out. */
export function renderMetricFamilies(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(renderFamily)
    .join('');
}

export interface LatencyCounts {
  /** Upper bounds of the buckets. */
  boundsMs: readonly number[];
  /** By bucket, and one above the last bound. */
  counts: readonly number[];
  sumMs: number;
}

/** The samples of a histogram in seconds; Prometheus wants cumulative buckets. */
export function toLatencySamples(
  labels: Readonly<Record<string, string>>,
  { boundsMs, counts, sumMs }: LatencyCounts,
): MetricSample[] {
  let below = 0;
  const buckets = counts.map((count, index): MetricSample => {
    below += count;
    const bound = boundsMs[index];
    const le = bound === undefined ? '+Inf' : String(bound / 1000);
    return { suffix: '_bucket', labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_sum', labels, value: sumMs / 1000 },
    { suffix: '_count', labels, value: below },
  ];
}

function renderFamily({ name, type, help, samples }: MetricFamily): string {
  const lines = samples.map(({ suffix = '', labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
