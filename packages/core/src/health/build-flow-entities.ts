import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { probeEveryMs } from '@alwayson/protocol/observation.ts';
import type { HealthModelInput } from './health-model-input.ts';
import { impactInFlow, neededToScale } from './dependency-impacts.ts';
import { entityIds, toEntityId } from './entity-ids.ts';
import { type Edge, type Entity, type Group, standard, worstOf } from './health-model.ts';
import { measure, type SignalRule } from './signal-rule.ts';

type Flow = Manifest['flows'][number];

const canScaleFlow = 'can-scale';

/** The flows of the manifest, and the system flow that says whether a new stamp could be started. */
export function buildFlowEntities(input: HealthModelInput): Entity[] {
  const { manifest } = input;
  const flows = manifest.flows.map((flow) => buildFlow(manifest, flow));
  // A workload that declares one of this name knows better.
  const isDeclared = manifest.flows.some(({ name }) => name === canScaleFlow);
  return isDeclared ? flows : [...flows, buildCanScale(input)];
}

function buildFlow(manifest: Manifest, flow: Flow): Entity {
  const passed = [...new Set(flow.path)].map((name): Edge => {
    return { to: toEntityId(manifest, name), impact: impactInFlow(manifest, flow, name) };
  });
  const door = flow.requests.length > 0 ? [standard(entityIds.frontDoor(manifest.name))] : [];
  return {
    id: entityIds.flow(flow.name),
    kind: 'flow',
    name: flow.name,
    criticality: flow.criticality,
    signals: [
      ...seenFromOutside(flow),
      ...seenInTraffic(flow),
      ...seenInShedding(flow),
      ...seenInBacklog(manifest, flow),
    ],
    groups: [worstOf('path', [...door, ...passed])],
  };
}

/** How often observers are read while all is quiet. */
const observedEveryMs = 5000;

function seenFromOutside({ probe }: Flow): SignalRule[] {
  if (probe === undefined) return [];
  const intervalMs = probe.path === undefined ? probeEveryMs.write : probeEveryMs.flow;
  return [{ type: 'state', name: 'probe', class: 'liveness', intervalMs }];
}

/** Burning the error budget at the pace of a page is degraded; being of no use to one in ten, at the least, is unhealthy. */
const pageBurnRate = 14.4;
const errorsToDegradeMax = 0.1;
const eventsMin = 20;

function seenInTraffic({ requests, objective }: Flow): SignalRule[] {
  if (requests.length === 0) return [];
  const budget = 1 - objective.availability / 100;
  const degradedAt = Math.min(pageBurnRate * budget, errorsToDegradeMax);
  return [
    measure('errors', 'ratio', {
      range: { min: 0, max: 1 },
      samplesMin: eventsMin,
      intervalMs: observedEveryMs,
      degraded: { comparator: 'gte', enter: degradedAt },
      unhealthy: { comparator: 'gte', enter: Math.max(errorsToDegradeMax, 5 * degradedAt) },
    }),
    measure('latency', 'ms', {
      range: { min: 0 },
      samplesMin: eventsMin,
      intervalMs: observedEveryMs,
      degraded: { comparator: 'gt', enter: objective.latencyP99Ms },
      unhealthy: { comparator: 'gt', enter: 3 * objective.latencyP99Ms },
    }),
  ];
}

/** Part of its requests that we refuse ourselves; users of the flow feel it, whatever good it does to others. */
function seenInShedding({ requests, criticality }: Flow): SignalRule[] {
  if (requests.length === 0 || criticality === 'high') return [];
  return [
    measure('shed', 'ratio', {
      range: { min: 0, max: 1 },
      // What is refused was thought over already, both ways.
      debounce: { fall: 1, rise: 1, dwellMs: 0 },
      degraded: { comparator: 'gt', enter: 0 },
      unhealthy: { comparator: 'gte', enter: 0.5 },
    }),
  ];
}

/** Of a flow that works off a queue nobody sees requests: it is as good as its oldest piece of work is young. */
function seenInBacklog({ stores }: Manifest, { kind, path, objective }: Flow): SignalRule[] {
  const isFed = stores.some((store) => store.kind === 'queue' && path.includes(store.name));
  if (kind !== 'system' || !isFed) return [];
  return [
    measure('backlog-age', 'ms', {
      range: { min: 0 },
      intervalMs: observedEveryMs,
      degraded: { comparator: 'gt', enter: objective.latencyP99Ms },
      unhealthy: { comparator: 'gt', enter: 10 * objective.latencyP99Ms },
    }),
  ];
}

function buildCanScale({ manifest, regions }: HealthModelInput): Entity {
  const zones = regions.flatMap((region) => region.zones);
  const hosts: Group = {
    name: 'hosts',
    aggregation: { type: 'minServing', unit: 'count', degradedAt: zones.length - 1, unhealthyAt: 0 },
    edges: zones.map(({ name }) => standard(entityIds.host(name))),
  };
  const needed = neededToScale(manifest).map((name) => standard(toEntityId(manifest, name)));
  return {
    id: entityIds.flow(canScaleFlow),
    kind: 'flow',
    name: canScaleFlow,
    criticality: 'low',
    signals: [],
    groups: [worstOf('steering', [standard(entityIds.unit('control-plane')), ...needed]), hosts],
  };
}
