/** The sum over all series of a metric in Prometheus text; null when there is none. */
export function sumSeries(text: string, metric: string): number | null {
  const labels = String.raw`(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?`;
  const lines = text.matchAll(new RegExp(String.raw`^${metric}${labels}[ \t]+(\S+)`, 'gm'));
  const values = [...lines].map(([, value]) => Number(value)).filter(Number.isFinite);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
