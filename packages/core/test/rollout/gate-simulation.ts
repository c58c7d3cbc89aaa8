import { toLatencyBucket } from '@alwayson/protocol/latency-histogram.ts';
import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import { addToCells, type GateCell, type GateRequests, type GateSide } from '../../src/rollout/gate-cells.ts';
import type { GateRules } from '../../src/rollout/gate-rules.ts';
import { type GateJudgement, judgeGate } from '../../src/rollout/judge-gate.ts';
import { createRandom } from '../shares/seeded-random.ts';
import { withCells } from './gate-world.ts';

/** What becomes of requests: how many fail, and how long they take. */
export interface Behaviour {
  failing: number;
  medianMs: number;
}

export interface Traffic {
  /** All flows and regions together. */
  requestsPerSecond: number;
  /** The candidate's part. */
  part: number;
  regions: readonly string[];
  /** Seconds of traffic between two looks. */
  everySeconds: number;
}

const nothing = [...latencyBoundsMs, 0].map(() => 0);
const tableSize = 4096;
/** Log-normal: a twentieth takes more than three times the median. */
const sigma = 0.7;

const tables = new Map<number, Uint32Array>();

/** Latencies to draw from: whole milliseconds, as a gateway tells them. */
function tableOf(medianMs: number): Uint32Array {
  const known = tables.get(medianMs);
  if (known !== undefined) return known;
  const random = createRandom(medianMs);
  const table = Uint32Array.from({ length: tableSize }, () =>
    Math.round(medianMs * Math.exp(sigma * drawNormal(random))),
  );
  tables.set(medianMs, table);
  return table;
}

/** One step of a rollout, look by look. */
export function createStep(rules: GateRules, traffic: Traffic, seed: number) {
  const random = createRandom(seed);
  const places = traffic.regions.flatMap((region) => rules.flows.map(({ name }) => ({ region, flow: name })));
  const perPlace = (traffic.requestsPerSecond * traffic.everySeconds) / places.length;

  const draw = (place: (typeof places)[number], side: GateSide, behaviour: Behaviour): GateRequests => {
    const wanted = perPlace * (side === 'candidate' ? traffic.part : 1 - traffic.part);
    const count = drawCount(wanted, random);
    const table = tableOf(behaviour.medianMs);
    const latency = [...nothing];
    const sumsMs = [...nothing];
    let bad = 0;
    for (let n = 0; n < count; n += 1) {
      const ms = table[Math.floor(random() * tableSize)] ?? 0;
      const bucket = toLatencyBucket(ms);
      latency[bucket] = (latency[bucket] ?? 0) + 1;
      sumsMs[bucket] = (sumsMs[bucket] ?? 0) + ms;
      if (random() < behaviour.failing) bad += 1;
    }
    return { side, ...place, good: count - bad, bad, latency, sumsMs };
  };

  let cells: readonly GateCell[] = [];
  return {
    look(behaviours: Record<GateSide, Behaviour>): GateJudgement & { bad: number; requests: number } {
      for (const place of places) {
        for (const side of ['candidate', 'live'] as const) {
          cells = addToCells(cells, draw(place, side, behaviours[side]));
        }
      }
      const own = cells.filter(({ side }) => side === 'candidate');
      const bad = own.reduce((sum, cell) => sum + cell.bad, 0);
      const requests = own.reduce((sum, cell) => sum + cell.bad + cell.good, 0);
      return { ...judgeGate(withCells(cells), rules, { final: false }), bad, requests };
    },
  };
}

/** Poisson; by the normal distribution when it is many. */
function drawCount(mean: number, random: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
