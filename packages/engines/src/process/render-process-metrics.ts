import { renderMetricFamilies } from '@alwayson/protocol/metrics-text.ts';
import { listProcessMetrics } from '@alwayson/protocol/process-metrics.ts';

/** This process now, as Prometheus text. No timer runs for it. */
export function renderProcessMetrics(): string {
  const reading = {
    cpu: process.cpuUsage(),
    memory: process.memoryUsage(),
    eventLoop: performance.eventLoopUtilization(),
    startedAt: performance.timeOrigin,
  };
  return renderMetricFamilies(listProcessMetrics(reading));
}
