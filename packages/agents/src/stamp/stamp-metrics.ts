import type { StampReport } from '@alwayson/core/stamp-health/report-stamp-health.ts';
import { states } from '@alwayson/protocol/words.ts';
import type { Evaluation } from './evaluation.ts';
import type { StampSettings } from './stamp-settings.ts';

export interface StampMetricsInput {
  settings: StampSettings;
  evaluation: Evaluation;
  report: StampReport;
}

/** Prometheus text. */
export function renderStampMetrics({ settings, evaluation, report }: StampMetricsInput): string {
  const { stamp, region, zone, release } = settings;
  const labels = `stamp="${stamp}",region="${region}",zone="${zone}",release="${release}"`;
  const perCheck = report.checks.map((check) => ({
    check,
    labels: `${labels},component="${escapeLabel(check.component)}",scope="${check.scope}"`,
  }));
  const lines = [
    '# HELP alwayson_stamp_may_serve 1 when the stamp may take traffic.',
    '# TYPE alwayson_stamp_may_serve gauge',
    `alwayson_stamp_may_serve{${labels}} ${Number(report.mayServe)}`,
    '# HELP alwayson_stamp_state 1 for the state that the stamp is in.',
    '# TYPE alwayson_stamp_state gauge',
    ...states.map(
      (state) => `alwayson_stamp_state{${labels},state="${state}"} ${Number(report.state === state)}`,
    ),
    '# HELP alwayson_stamp_check_healthy 1 when the check is healthy.',
    '# TYPE alwayson_stamp_check_healthy gauge',
    ...perCheck.map(
      (each) => `alwayson_stamp_check_healthy{${each.labels}} ${Number(each.check.status === 'healthy')}`,
    ),
    '# HELP alwayson_stamp_check_duration_seconds Time that the last probe took.',
    '# TYPE alwayson_stamp_check_duration_seconds gauge',
    ...perCheck.map(
      (each) => `alwayson_stamp_check_duration_seconds{${each.labels}} ${each.check.durationMs / 1000}`,
    ),
    '# HELP alwayson_stamp_evaluations_total Complete rounds of probes since the start.',
    '# TYPE alwayson_stamp_evaluations_total counter',
    `alwayson_stamp_evaluations_total{${labels}} ${evaluation.rounds()}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Names of stores come from the components, which may be anybody's. */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ');
}
