import { fromDurationShorthand } from './duration-shorthand.ts';
import { type BurnRate, type FlowSlo, type SloFigures, type SloReport, timeSlice } from './slo.ts';

/** One OpenSLO v1 document. */
export interface OpenSloDocument {
  apiVersion: 'openslo/v1';
  kind: 'DataSource' | 'Service' | 'SLO' | 'AlertPolicy' | 'AlertNotificationTarget';
  metadata: { name: string; displayName?: string; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}

const dataSource = 'alwayson';
const alerting = 'alwayson-alerts';

/**
 * The objectives of all flows and of the workload as OpenSLO v1 documents, with their budgeting methods and alert policies. OpenSLO
 * knows one window per alert condition: it gets the long one, and the short one, which must agree, is an annotation.
 */
export function toOpenSlo(report: SloReport): OpenSloDocument[] {
  const { workload, flows } = report;
  return [
    createDocument(
      'DataSource',
      { name: dataSource },
      { type: 'AlwaysOn', connectionDetails: { path: '/api/slo' } },
    ),
    createDocument(
      'AlertNotificationTarget',
      { name: alerting },
      { target: 'AlwaysOn', description: "Where the manifest's alerts go." },
    ),
    createDocument(
      'Service',
      { name: workload.name },
      { description: `The workload ${workload.name}. Owner: ${report.owner}` },
    ),
    ...toAvailability('workload', workload, workload.name),
    ...flows.flatMap((flow) => [
      ...toAvailability(`availability-${flow.name}`, flow, workload.name),
      toLatency(flow, workload.name),
    ]),
  ];
}

const methods = {
  occurrences: 'Occurrences',
  timeslices: 'Timeslices',
  'ratio-timeslices': 'RatioTimeslices',
} as const;

function toAvailability(name: string, figures: SloFigures, service: string): OpenSloDocument[] {
  const policies = figures.burnRates.map((burn) => toAlertPolicy(name, burn));
  const slices = { timeSliceTarget: timeSlice.target, timeSliceWindow: toMinutes(`${timeSlice.seconds}s`) };
  const slo = createDocument(
    'SLO',
    { name, displayName: `Availability of ${figures.name}` },
    {
      description:
        'Good requests of all that were not the fault or the choice of their client, after retries.',
      service,
      indicator: toIndicator(name, { of: figures.name, good: 'good', total: 'total' }),
      timeWindow: [{ duration: figures.window, isRolling: true }],
      budgetingMethod: methods[figures.method],
      objectives: [
        {
          displayName: 'Available',
          target: figures.objective,
          ...(figures.method === 'occurrences' ? {} : slices),
        },
      ],
      alertPolicies: policies.map(({ metadata }) => ({ alertPolicyRef: metadata.name })),
    },
  );
  return [slo, ...policies];
}

function toLatency(flow: FlowSlo, service: string): OpenSloDocument {
  const name = `latency-${flow.name}`;
  return createDocument(
    'SLO',
    { name, displayName: `Latency of ${flow.name}` },
    {
      description: `Of good requests, those that took at most ${flow.latency.objectiveMs} ms.`,
      service,
      indicator: toIndicator(name, { of: flow.name, good: 'latency.fast', total: 'good' }),
      timeWindow: [{ duration: flow.window, isRolling: true }],
      budgetingMethod: methods.occurrences,
      objectives: [{ displayName: 'Fast', target: flow.latency.objective }],
    },
  );
}

function toIndicator(name: string, fields: { of: string; good: string; total: string }) {
  const toMetric = (field: string) => ({
    metricSource: { metricSourceRef: dataSource, type: 'AlwaysOn', spec: { name: fields.of, field } },
  });
  return {
    metadata: { name },
    spec: {
      // What the report gives is the count over the window, which falls too.
      ratioMetric: { counter: false, good: toMetric(fields.good), total: toMetric(fields.total) },
    },
  };
}

function toAlertPolicy(slo: string, burn: BurnRate): OpenSloDocument {
  const name = `${slo}-${burn.long}`;
  const condition = {
    kind: 'AlertCondition',
    metadata: { name },
    spec: {
      severity: burn.action,
      condition: {
        kind: 'burnrate',
        op: 'gt',
        threshold: burn.threshold,
        lookbackWindow: toMinutes(burn.long),
        alertAfter: '0m',
      },
    },
  };
  return createDocument(
    'AlertPolicy',
    { name, annotations: { 'alwayson.dev/short-window': burn.short } },
    {
      description: `Above the threshold over ${burn.long}, and over ${burn.short} too.`,
      alertWhenNoData: burn.action === 'page',
      alertWhenBreaching: true,
      alertWhenResolved: true,
      conditions: [condition],
      notificationTargets: [{ targetRef: alerting }],
    },
  );
}

/** OpenSLO has no unit below the minute. */
function toMinutes(duration: string): string {
  const seconds = fromDurationShorthand(duration);
  return seconds % 60 === 0 && !duration.endsWith('s') ? duration : `${Math.ceil(seconds / 60)}m`;
}

function createDocument(
  kind: OpenSloDocument['kind'],
  metadata: OpenSloDocument['metadata'],
  spec: Record<string, unknown>,
): OpenSloDocument {
  return { apiVersion: 'openslo/v1', kind, metadata, spec };
}
