import type { FlowSlo, SloFigures, SloReport } from '@alwayson/protocol/slo.ts';

export function createFigures(change: Partial<SloFigures> = {}): SloFigures {
  return {
    name: 'shop',
    objective: 0.9995,
    window: '28d',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-02T00:00:00.000Z',
    method: 'occurrences',
    state: 'ok',
    reason: 'The error budget is spent no faster than it may be.',
    measured: 0.999996,
    coverage: 1,
    lowerBound: 0.999996,
    interval: [0.9999708, 0.9999993],
    requestsToProve: 5990,
    budgetRemaining: 0.9999,
    exhaustedInSeconds: null,
    budget: { stage: 'normal', reviewNeeded: false, chaosAllowed: true },
    worstHour: null,
    burnRates: [
      {
        long: '1h',
        short: '5m',
        rate: 0,
        shortRate: 0,
        threshold: 13.44,
        action: 'page',
        firing: false,
        held: false,
      },
      {
        long: '56m',
        short: '280s',
        rate: 0.5,
        shortRate: 0,
        threshold: 5.6,
        action: 'ticket',
        firing: false,
        held: false,
      },
    ],
    unreachable: [],
    trickle: { window: '3d', bad: 0, total: 250_000, rate: 0, threshold: 0.9333, firing: false },
    good: 249_999,
    bad: 1,
    total: 250_000,
    causes: { timeout: 1 },
    latency: { objectiveMs: null, objective: 0.99, measured: 0.999, fast: 249_749, slow: 250 },
    notCounted: 3,
    badByProbes: 0,
    unknown: 0,
    unanswered: 0,
    minutes: { up: 1440, down: 0, unknown: 0, idle: 0 },
    minutesDown: 0,
    telemetry: {
      lastAt: '2026-01-02T00:00:00.000Z',
      silentSeconds: 0,
      alarmAfterSeconds: 144,
      alarm: false,
    },
    withoutMaintenance: null,
    composite: 0.9996,
    attainable: true,
    ...change,
  };
}

export function createFlowSlo(change: Partial<FlowSlo> = {}): FlowSlo {
  return {
    ...createFigures(),
    name: 'buy',
    kind: 'user',
    criticality: 'high',
    compositeFactors: [],
    compositeOmitted: [],
    ...change,
  };
}

export function createSloReport(change: Partial<SloReport> = {}): SloReport {
  return {
    at: '2026-01-02T00:00:10.000Z',
    owner: 'team shop',
    workload: { ...createFigures(), worstFlow: 'buy' },
    flows: [createFlowSlo()],
    findings: [],
    ...change,
  };
}
