import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { buildHealthModel } from '@alwayson/core/health/build-health-model.ts';
import { describeHealth } from '@alwayson/core/health/describe-health.ts';
import { evaluateHealth } from '@alwayson/core/health/evaluate-health.ts';
import { emptyMemory } from '@alwayson/core/health/health-memory.ts';
import type { Aggregation, Edge, Entity, HealthModel } from '@alwayson/core/health/health-model.ts';
import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import { compare, type SignalRule } from '@alwayson/core/health/signal-rule.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { State } from '@alwayson/protocol/words.ts';

const stampsMax = 500;
const componentsMax = 18;
const flowsMax = 100;
const warmUps = 20;

export interface HealthModelFigures {
  entities: number;
  signals: number;
  edges: number;
  evaluations: number;
  medianMs: number;
  p99Ms: number;
  /** The same model and samples, evaluated as one would write it first: by recursion, with maps and without any debounce. */
  naiveMedianMs: number;
  naiveP99Ms: number;
  /** Everything in words, as `GET /api/health` tells it. */
  describeMedianMs: number;
}

/** One full evaluation of 10,000 entities, every signal sampled anew each time and one in a thousand of them bad. */
export function measureHealthModel(evaluations = 50): HealthModelFigures {
  const model = createLargeModel();
  const start = Date.UTC(2026, 0, 1);
  const samples: HealthSample[] = sampleAll(model, start);
  let memory = emptyMemory;
  const evaluate = measure(evaluations, (round) => {
    // The same samples two seconds later: making them is not what is measured.
    const at = start + round * 2000;
    for (const sample of samples) sample.at = at;
    return () => {
      ({ memory } = evaluateHealth(model, memory, { samples, now: at + 50 }));
    };
  });
  const naive = measure(evaluations, () => () => evaluateNaively(model, samples));
  const describe = measure(evaluations, () => () => describeHealth(model, memory));
  return {
    entities: model.entities.length,
    signals: model.entities.reduce((sum, { signals }) => sum + signals.length, 0),
    edges: model.entities.reduce(
      (sum, { groups }) => sum + groups.reduce((inner, { edges }) => inner + edges.length, 0),
      0,
    ),
    evaluations,
    medianMs: quantile(evaluate, 0.5),
    p99Ms: quantile(evaluate, 0.99),
    naiveMedianMs: quantile(naive, 0.5),
    naiveP99Ms: quantile(naive, 0.99),
    describeMedianMs: quantile(describe, 0.5),
  };
}

/** Times of what `prepare` returns, in ms. */
function measure(evaluations: number, prepare: (round: number) => () => void): number[] {
  const times: number[] = [];
  for (let round = 0; round < warmUps + evaluations; round += 1) {
    const run = prepare(round);
    const startedAt = performance.now();
    run();
    if (round >= warmUps) times.push(performance.now() - startedAt);
  }
  return times;
}

/** A workload of many components and flows, in hundreds of stamps. */
function createLargeModel(): HealthModel {
  const names = Array.from({ length: componentsMax }, (_, index) => `component-${index}`);
  const manifest = Manifest.parse({
    name: 'large',
    owner: 'bench',
    regions: ['west', 'east', 'north', 'south'].map((name) => ({ name, zones: 4 })),
    components: names.map((name) => ({ name, command: ['node'], routes: [`/${name}/`] })),
    stores: [
      { name: 'database', kind: 'relational' },
      { name: 'queue', kind: 'queue' },
    ],
    flows: Array.from({ length: flowsMax }, (_, index) => ({
      name: `flow-${index}`,
      criticality: index % 3 === 0 ? 'high' : 'low',
      path: [names[index % names.length] ?? '', names[(index + 1) % names.length] ?? '', 'database'],
      requests: [{ path: `/${index}/**` }],
    })),
    dependencies: names.map((from) => ({ from, to: 'database', kind: 'soft' })),
  });
  const regions = manifest.regions.map(({ name, zones }) => ({
    name,
    zones: Array.from({ length: zones }, (_, zone) => ({
      name: `${name}-${zone + 1}`,
      region: name,
      address: '',
    })),
  }));
  const zones = regions.flatMap((region) => region.zones);
  const stamps = Array.from({ length: stampsMax }, (_, index): StampPlan => {
    const zone = zones[index % zones.length];
    if (zone === undefined) throw new Error('There are zones.');
    return {
      id: `${zone.name}-${index}`,
      region: zone.region,
      zone: zone.name,
      address: '',
      release: 'release',
      ordinal: 0,
      agentPort: 1,
      ports: {},
    };
  });
  return buildHealthModel({ manifest, regions, witness: 'witness', stamps });
}

function sampleAll(model: HealthModel, at: number): HealthSample[] {
  return model.entities.flatMap((entity, index) =>
    entity.signals.map((rule): HealthSample => {
      const isBad = index % 1000 === 7;
      const sample = { entity: entity.id, signal: rule.name, at, observer: 'bench' };
      if (rule.type === 'state') return { ...sample, state: isBad ? 'unhealthy' : 'healthy' };
      const limit = rule.unhealthy ?? rule.degraded;
      const isHighBad = limit?.comparator === 'gte' || limit?.comparator === 'gt';
      const bad = limit?.enter ?? 0;
      return { ...sample, value: isBad ? bad : isHighBad ? bad / 3 : bad * 3, samples: 1000 };
    }),
  );
}

const order: readonly State[] = ['healthy', 'unknown', 'degraded', 'unhealthy'];
const worse = (one: State, other: State): State => (order.indexOf(one) >= order.indexOf(other) ? one : other);

/** Recursion from the workload, each entity once: what the layout of the model is compared with. */
function evaluateNaively(model: HealthModel, samples: readonly HealthSample[]): Map<string, State> {
  const entities = new Map(model.entities.map((entity) => [entity.id, entity]));
  const told = new Map(samples.map((sample) => [`${sample.entity} ${sample.signal}`, sample]));
  const states = new Map<string, State>();
  const visit = (id: string): State => {
    const known = states.get(id);
    if (known !== undefined) return known;
    const entity = entities.get(id) as Entity;
    const own = entity.signals.map((rule) => judgeNaively(rule, told.get(`${id} ${rule.name}`)));
    const groups = entity.groups.map(({ aggregation, edges }) =>
      aggregateNaively(
        aggregation,
        edges.map((edge) => feelNaively(edge, visit(edge.to))),
      ),
    );
    const state = [...own, ...groups].reduce(worse, 'healthy');
    states.set(id, state);
    return state;
  };
  visit(model.entities[0]?.id ?? '');
  return states;
}

function judgeNaively(rule: SignalRule, sample: HealthSample | undefined): State {
  if (sample?.state !== undefined) return sample.state;
  if (rule.type === 'state' || sample?.value == null) return 'unknown';
  const { unhealthy, degraded } = rule;
  if (unhealthy && compare(sample.value, unhealthy.comparator, unhealthy.enter)) return 'unhealthy';
  return degraded && compare(sample.value, degraded.comparator, degraded.enter) ? 'degraded' : 'healthy';
}

function feelNaively({ impact }: Edge, state: State): State {
  if (impact === 'suppressed') return 'healthy';
  if (impact === 'standard') return state;
  return state === 'unhealthy' ? 'degraded' : state === 'degraded' ? 'healthy' : state;
}

function aggregateNaively(aggregation: Aggregation, states: readonly State[]): State {
  if (aggregation.type === 'worstOf') return states.reduce(worse, 'healthy');
  const serving = states.filter((state) => state === 'healthy' || state === 'degraded').length;
  if (serving <= aggregation.unhealthyAt) return 'unhealthy';
  return serving <= (aggregation.degradedAt ?? -1) ? 'degraded' : 'healthy';
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return Number(at.toFixed(2));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify({ bench: 'health-model', ...measureHealthModel() })}\n`);
}
