import type { Alert, AlertKind, AlertSeverity } from '@alwayson/protocol/alerts.ts';
import type { AlertEntity, AlertInput, FiringPair } from './alert-input.ts';
import { severityMin, telemetryCause, worseOf } from './alert-kind.ts';
import type { AlertMemory, SuppressionReason } from './alert-memory.ts';
import { affectsMax, openAfterMs, openStartingAfterMs, openUnknownAfterMs } from './alert-policy.ts';
import { toAlertTitle } from './alert-title.ts';
import { attributeEntities, type CauseGroup, type EntityIndex } from './attribute-entities.ts';
import { addBurningFlows, addSilentFlows, type BurningFlow } from './burning-budgets.ts';

/** What is bad now, at its root. */
export interface Cause {
  rootCause: string;
  entity: Alert['entity'];
  kind: AlertKind;
  severity: AlertSeverity;
  title: string;
  reason: string;
  /** Flows first. */
  affects: string[];
  /** Of them, the flows. */
  flows: string[];
  /** Bad parts that are told with it. */
  covers: string[];
  values: Alert['values'];
  flapping: boolean;
  /** Why no alert is opened for it. */
  quiet: SuppressionReason | null;
  /** How long it must last. */
  openAfterMs: number;
}

const valuesMax = 20;

/** Everything that is bad, each root cause once, with what suffers from it. */
export function findCauses(memory: AlertMemory, input: AlertInput, now: number): Cause[] {
  const index: EntityIndex = new Map(input.entities.map((entity) => [entity.id, entity]));
  const covered = Object.values(memory.entries)
    .filter(({ alert }) => alert.state !== 'resolved')
    .map(({ alert, covers }) => [alert.rootCause, covers] as const);
  const groups = attributeEntities(index, new Map(covered));
  const blinding = addSilentFlows(groups, { memory, input, index, now });
  const burning = addBurningFlows(groups, { memory, input, index, now });
  const isAllQuiet = input.entities.some(
    ({ kind, flags }) => kind === 'workload' && flags.includes('maintenance'),
  );
  return [...groups].map(([id, group]) => {
    const burns = burning.filter((flow) => flow.id === id || group.affects.has(flow.id));
    const entity = group.entity ?? createEntity(id, { burns, group });
    const isBlinding = id === blinding;
    return toCause(entity, { group, burns, index, isBlinding, isAllQuiet });
  });
}

/** What the model has no entity for: missing telemetry, and a flow that it does not know but whose requests are counted. */
function createEntity(
  id: string,
  { burns, group }: { burns: readonly BurningFlow[]; group: CauseGroup },
): AlertEntity {
  const common = { id, state: 'unknown', rootCauses: [], flags: [] } as const;
  if (id !== telemetryCause) {
    return { ...common, kind: 'flow', name: burns[0]?.name ?? id, reason: '', alertKind: 'flow-unhealthy' };
  }
  const unseen = [...group.affects].toSorted();
  const more = unseen.length > 5 ? ` and ${unseen.length - 5} more` : '';
  const reason = `nothing is known of ${unseen.slice(0, 5).join(', ')}${more}`;
  return { ...common, kind: telemetryCause, name: telemetryCause, reason, alertKind: 'observer-blind' };
}

interface CauseParts {
  group: CauseGroup;
  burns: readonly BurningFlow[];
  index: EntityIndex;
  /** A flow of high criticality could fail unseen. */
  isBlinding: boolean;
  isAllQuiet: boolean;
}

function toCause(entity: AlertEntity, { group, burns, index, isBlinding, isAllQuiet }: CauseParts): Cause {
  // Of what we refuse ourselves the reason is known, however fast its budget burns.
  const isBurning = entity.kind === 'flow' && burns.length > 0 && entity.alertKind !== 'overloaded';
  const kind = isBurning ? 'error-budget-burning' : entity.alertKind;
  const affected = [...group.affects].flatMap((id) => index.get(id) ?? []);
  const severity = [
    severityMin[kind] ?? 'info',
    isBlinding ? ('page' as const) : ('info' as const),
    ...[entity, ...affected].map(toSeverity),
    ...burns.flatMap(({ firing }) => firing.map((pair) => pair.severity)),
  ].reduce(worseOf);
  return {
    rootCause: entity.id,
    entity: { id: entity.id, kind: entity.kind, name: entity.name },
    kind,
    severity,
    title: toAlertTitle(kind, entity.name, entity.state),
    reason: toReason(entity, burns),
    affects: toAffects(group.affects, index),
    flows: affected.filter((one) => one.kind === 'flow').map(({ id }) => id),
    covers: [...group.covers].toSorted(),
    values: toValues(entity, burns),
    flapping: entity.flags.includes('flapping'),
    quiet: isAllQuiet ? 'maintenance' : toQuiet(entity),
    openAfterMs: toOpenAfterMs(entity, severity, burns),
  };
}

function toSeverity({ kind, state, criticality }: AlertEntity): AlertSeverity {
  const isFelt = kind === 'flow' || kind === 'workload';
  if (!isFelt || state === 'healthy' || state === 'unknown') return 'info';
  return kind === 'flow' && state === 'unhealthy' && criticality === 'high' ? 'page' : 'ticket';
}

function toQuiet({ flags }: AlertEntity): SuppressionReason | null {
  if (flags.includes('maintenance')) return 'maintenance';
  return flags.includes('draining') ? 'draining' : null;
}

function toOpenAfterMs(
  { state, flags }: AlertEntity,
  severity: AlertSeverity,
  burns: readonly BurningFlow[],
): number {
  if (burns.length > 0) return openAfterMs[severity];
  if (state === 'unknown') return openUnknownAfterMs;
  return flags.includes('starting') ? openStartingAfterMs : openAfterMs[severity];
}

function toReason(entity: AlertEntity, burns: readonly BurningFlow[]): string {
  const burning =
    entity.kind === 'flow' ? burns.flatMap(({ firing }) => firing.map((pair) => toBurnText(pair))) : [];
  const texts = [...(entity.reason === '' ? [] : [entity.reason]), ...burning];
  return texts.length > 0 ? texts.join('; ') : `it is ${entity.state}`;
}

function toBurnText({ long, rate, threshold }: FiringPair): string {
  const times = (rate ?? 0).toFixed(1);
  return `the error budget burns ${times} times as fast as it may, over ${long} (alarm above ${threshold.toFixed(1)})`;
}

function toValues(entity: AlertEntity, burns: readonly BurningFlow[]): Alert['values'] {
  const rates = burns.flatMap(({ name, firing }) =>
    firing.map(
      ({ long, rate }) => [`burn rate of ${name}, ${long}`, Math.round((rate ?? 0) * 10) / 10] as const,
    ),
  );
  return Object.fromEntries([...Object.entries(entity.values ?? {}), ...rates].slice(0, valuesMax));
}

const criticalityRanks = { high: 0, medium: 1, low: 2 } as const;

/** Flows first, the most critical of them on top. */
function toAffects(ids: ReadonlySet<string>, index: EntityIndex): string[] {
  const rank = (id: string) => {
    const entity = index.get(id);
    return entity?.kind === 'flow' ? criticalityRanks[entity.criticality ?? 'low'] : 3;
  };
  return [...ids].toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, affectsMax);
}
