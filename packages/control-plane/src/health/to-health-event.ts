import type { HealthModel } from '@alwayson/core/health/health-model.ts';
import type { EntityKind, HealthTransition } from '@alwayson/protocol/health.ts';
import type { EventInput } from '../operations/journal.ts';

/** Of the others the history tells by what happened to them: zones lost, units gone. */
const toldKinds: ReadonlySet<EntityKind> = new Set([
  'workload',
  'flow',
  'front-door',
  'component',
  'store',
  'store-region',
  'stamp',
  'region',
]);
const severities = { healthy: 'info', degraded: 'warning', unhealthy: 'error', unknown: 'warning' } as const;

/** The events of those transitions that the history tells. */
export function toHealthEvents(model: HealthModel, transitions: readonly HealthTransition[]): EventInput[] {
  const told = new Map(
    model.entities.filter(({ kind }) => toldKinds.has(kind)).map((entity) => [entity.id, entity]),
  );
  return transitions.flatMap((transition): EventInput[] => {
    const entity = told.get(transition.entity);
    if (entity === undefined) return [];
    const { from, to, causePath, signals, modelVersion } = transition;
    return [
      {
        severity: severities[to],
        type: `${entity.kind}.${to}`,
        entity: entity.name,
        message: `The ${entity.kind} ${entity.name} is ${to}${sayWhy(transition)}; it was ${from}.`,
        data: { causePath, signals, modelVersion },
      },
    ];
  });
}

function sayWhy({ entity, to, causePath, signals }: HealthTransition): string {
  const cause = causePath.at(-1);
  const named = cause === undefined || cause === entity ? [] : [cause];
  if (to === 'healthy') return named.length === 0 ? '' : ` (no longer because of ${named.join()})`;
  const [first] = signals;
  const said = first === undefined ? [] : [first.reason ?? `${first.name} is ${first.state}`];
  const why = [...named, ...said];
  return why.length === 0 ? '' : ` (${why.join(': ')})`;
}
