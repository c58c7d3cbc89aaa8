import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { FlowSlo, SloFinding, SloReport, SloState, WorkloadSlo } from '@alwayson/protocol/slo.ts';
import { toCompositeSlo } from './composite.ts';
import type { FlowTraffic } from './flow-traffic.ts';
import { measureSlo, type SloMoment } from './measure-slo.ts';
import { toRatio } from './to-ratio.ts';
import type { TrafficLedger } from './traffic-ledger.ts';

type Flow = Manifest['flows'][number];

interface Measuring {
  traffic: FlowTraffic;
  moment: SloMoment;
}

/** All figures of a workload at one moment. The ledger must watch every flow of the manifest. */
export function reportSlo(manifest: Manifest, ledger: TrafficLedger, moment: SloMoment): SloReport {
  const flows = manifest.flows.map((flow) => {
    const traffic = ledger.flow(flow.name);
    if (traffic === undefined) throw new Error(`The ledger does not watch the flow ${flow.name}.`);
    return measureFlow(manifest, flow, { traffic, moment });
  });
  return {
    at: new Date(moment.now * 1000).toISOString(),
    owner: manifest.owner,
    workload: measureWorkload(manifest, flows, { traffic: ledger.workload, moment }),
    flows,
    findings: flows.flatMap(findUnattainable),
  };
}

function measureFlow(manifest: Manifest, flow: Flow, { traffic, moment }: Measuring): FlowSlo {
  const { availability, factors, omitted } = toCompositeSlo(manifest, flow);
  const subject = {
    name: flow.name,
    objective: toRatio(flow.objective.availability),
    windowDays: manifest.objectives.windowDays,
    method: flow.objective.method,
    traffic,
    composite: availability,
    latencyObjectiveMs: flow.objective.latencyP99Ms,
  };
  return {
    ...measureSlo(subject, moment),
    kind: flow.kind,
    criticality: flow.criticality,
    compositeFactors: factors,
    compositeOmitted: omitted,
  };
}

/**
 * Every request of every flow, against the workload's objective. A sum hides a flow of few requests: so the state is never better
 * than the worst of the user flows of high criticality, and the composite is the lowest of theirs.
 */
function measureWorkload(
  manifest: Manifest,
  flows: readonly FlowSlo[],
  { traffic, moment }: Measuring,
): WorkloadSlo {
  const user = flows.filter(({ kind }) => kind === 'user');
  const high = user.filter(({ criticality }) => criticality === 'high');
  const leading = high.length > 0 ? high : user;
  const worst = leading.toSorted((a, b) => toRank(b) - toRank(a) || toBudget(a) - toBudget(b))[0];
  const composite = Math.min(1, ...leading.map((flow) => flow.composite));
  const subject = {
    name: manifest.name,
    objective: toRatio(manifest.objectives.availability),
    windowDays: manifest.objectives.windowDays,
    method: 'occurrences' as const,
    traffic,
    composite,
    latencyObjectiveMs: null,
  };
  const own = measureSlo(subject, moment);
  const figures = { ...own, worstFlow: worst?.name ?? null };
  if (worst === undefined || toRank(worst) <= toRank(own)) return figures;
  return { ...figures, state: worst.state, reason: `${worst.name}: ${worst.reason}` };
}

/** What speaks for the whole, rising: that nobody asked one flow says nothing of the others. */
const ranks: readonly SloState[] = ['no-traffic', 'ok', 'no-telemetry', 'burning', 'exhausted'];

function toRank({ state }: { state: FlowSlo['state'] }): number {
  return ranks.indexOf(state);
}

function toBudget({ budgetRemaining }: FlowSlo): number {
  return budgetRemaining ?? 1;
}

/** RQ-04: a dependent must not promise more than what it depends on. */
function findUnattainable({ name, objective, composite, compositeFactors }: FlowSlo): SloFinding[] {
  if (objective <= composite) return [];
  const weakest = compositeFactors.reduce((low, each) => (each.availability < low.availability ? each : low));
  const message =
    `The objective ${toPercent(objective)} is above the composite ${toPercent(composite)}: a factor of ` +
    `${(objective / composite).toFixed(6)} is missing. The weakest factor is ${weakest.name} with ` +
    `${toPercent(weakest.availability)} (${weakest.explanation}).`;
  return [{ rule: 'RQ-04', flow: name, message }];
}

function toPercent(ratio: number): string {
  return `${(ratio * 100).toFixed(4)} %`;
}
