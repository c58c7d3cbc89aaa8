import type { CheckScope, HealthCheck } from '@alwayson/protocol/stamp-health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { worstOf } from '../status/roll-up.ts';
import type { ComponentRecord } from './decide-component.ts';
import type { StampComponent, StampState } from './stamp-state.ts';

export interface StampReportInput {
  components: readonly StampComponent[];
  /** How far a store's trouble reaches: it is said in the body and changes no code. */
  scopeOf(store: string): CheckScope;
  /** An evaluation older than this is no evidence. */
  staleAfterMs: number;
  /** On the clock of `StampState.evaluatedAt`. */
  now: number;
}

export interface StampReport {
  /** Whether the stamp may take traffic: the status code 200 or 503. */
  mayServe: boolean;
  state: State;
  checks: HealthCheck[];
}

/**
 * The stamp's answer to its gateways. The code is decided by what is the stamp's own: required components, an
 * operator's word, and how old the evidence is. Shared stores are told, so that everybody sees, and evict nobody.
 */
export function reportStampHealth(state: StampState, input: StampReportInput): StampReport {
  const own = input.components.map((component) => toComponentCheck(component, state));
  const stamp = toStampCheck(state, input);
  const shared = toSharedChecks(state, input);
  const checks = [...(stamp === null ? [] : [stamp]), ...own, ...shared];
  const isBroken = stamp?.status === 'unhealthy' || own.some(({ status }) => status === 'unhealthy');
  if (isBroken) return { mayServe: false, state: 'unhealthy', checks };
  if (stamp !== null) return { mayServe: false, state: 'unknown', checks };
  const isImpaired = checks.some(({ status }) => status !== 'healthy');
  return { mayServe: true, state: isImpaired ? 'degraded' : 'healthy', checks };
}

/** What is to be said of the stamp as a whole; null when nothing is. */
function toStampCheck({ drained, evaluatedAt }: StampState, input: StampReportInput): HealthCheck | null {
  const check = { component: 'stamp', durationMs: 0, scope: 'stamp' } as const;
  if (drained) return { ...check, status: 'unhealthy', reason: 'drained on purpose' };
  if (evaluatedAt === null) return { ...check, status: 'unknown', reason: 'not evaluated yet' };
  const ageMs = Math.round(input.now - evaluatedAt);
  if (ageMs <= input.staleAfterMs) return null;
  return { ...check, status: 'unknown', reason: `the last evaluation is ${ageMs} ms old` };
}

function toComponentCheck({ name, required }: StampComponent, { components }: StampState): HealthCheck {
  const record = components.get(name);
  const check = { component: name, durationMs: record?.last?.durationMs ?? 0, scope: 'stamp' } as const;
  if (record?.verdict === 'up') return { ...check, status: 'healthy' };
  const reason = toReason(record);
  return { ...check, status: required ? 'unhealthy' : 'degraded', reason };
}

function toReason(record: ComponentRecord | undefined): string {
  if (record?.last == null) return 'not asked yet';
  const { kind, reason } = record.last;
  const said = kind === 'ready' ? 'ready again' : reason === undefined ? kind : `${kind}: ${reason}`;
  return record.verdict === 'starting' ? `starting, ${said}` : said;
}

/** A store as the components see it, the worst view first; only what components in use know for a fact. */
function toSharedChecks({ components }: StampState, { scopeOf }: StampReportInput): HealthCheck[] {
  const views = [...components].flatMap(([component, { verdict, last }]) =>
    verdict === 'up' && last !== null
      ? last.dependencies.map((view) => ({ component, ...view })).filter((view) => view.state !== 'unknown')
      : [],
  );
  return [...Map.groupBy(views, ({ store }) => store)].map(([store, seen]) => {
    const status = worstOf(seen.map((view) => view.state));
    const worst = seen.filter((view) => view.state === status);
    const check = { component: store, status, durationMs: 0, scope: scopeOf(store) };
    if (status === 'healthy') return check;
    const reasons = worst.map(({ component, reason }) =>
      reason === undefined ? component : `${component}: ${reason}`,
    );
    return { ...check, reason: reasons.join('; ') };
  });
}
