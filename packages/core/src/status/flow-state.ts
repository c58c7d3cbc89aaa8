import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { limited, replicasOf, worstOf } from './roll-up.ts';

type Flow = Manifest['flows'][number];

/** States of all instances that stand in for each other, by component or store name. */
export type Entities = ReadonlyMap<string, readonly State[]>;

export interface FlowVerdict {
  state: State;
  reason?: string;
}

/** Two failed probes in a row are a fact; one may be an accident. */
const failedProbesMin = 2;

/**
 * A flow's state from what it passes and from what was seen from outside. A store behind a soft or async dependency can
 * degrade the flow, not break it. A probe that passes from any region caps the verdict at degraded: who is served is not down.
 */
export function decideFlowState(manifest: Manifest, flow: Flow, evidence: FlowEvidence): FlowVerdict {
  const passed = flow.path.map((name) => {
    const state = replicasOf(evidence.entities.get(name) ?? []);
    return { name, state: isHard(manifest, flow, name) ? state : limited(state) };
  });
  const inside = worstOf(passed.map(({ state }) => state));
  const culprits = passed.filter(({ state }) => state === inside).map(({ name }) => name);
  const insideReason = inside === 'healthy' ? undefined : `${culprits.join(', ')}: ${inside}`;

  const probes = evidence.observations.flatMap((seen) =>
    seen.probes.filter((probe) => probe.flow === flow.name),
  );
  const failing = probes.filter((probe) => !probe.ok && probe.streak >= failedProbesMin);
  if (probes.length > 0 && failing.length === probes.length) {
    return { state: 'unhealthy', reason: `seen from outside: ${failing[0]?.reason ?? 'failing'}` };
  }
  const served = probes.some((probe) => probe.ok);
  const state = served && inside === 'unhealthy' ? 'degraded' : inside;
  if (failing.length > 0 && state === 'healthy') {
    return { state: 'degraded', reason: `seen from one region: ${failing[0]?.reason ?? 'failing'}` };
  }
  return insideReason === undefined ? { state } : { state, reason: insideReason };
}

export interface FlowEvidence {
  entities: Entities;
  observations: readonly Observation[];
}

/** Hard unless every dependency of the flow's components on it is declared soft or async. */
function isHard(manifest: Manifest, flow: Flow, name: string): boolean {
  const edges = manifest.dependencies.filter((edge) => edge.to === name && flow.path.includes(edge.from));
  return edges.length === 0 || edges.some((edge) => edge.kind === 'hard');
}
