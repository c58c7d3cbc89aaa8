import { latencyBoundsMs } from '@alwayson/protocol/traffic.ts';
import type { SharesReport, ShareWeights } from '@alwayson/protocol/shares.ts';
import type { Criticality, State } from '@alwayson/protocol/words.ts';
import { decideShares } from '../../src/shares/decide-shares.ts';
import type {
  ShareEvidence,
  StampContact,
  StampEvidence,
  TrafficSlice,
} from '../../src/shares/share-evidence.ts';
import { createRandom } from './seeded-random.ts';
import { toServer } from './to-server.ts';
import { firstShareMemory, type ShareMemory } from '../../src/shares/share-memory.ts';

/** A model of stamps behind gateways: clients ask at random, stamps answer as their faults let them, weights decide who is asked. */
export interface WorldStamp {
  id: string;
  region: string;
  release: string;
  capacity: number;
  /** How its agent answers; 503 and `refused` also take it out of HAProxy. */
  contact: 200 | 503 | 'refused' | 'silent';
  /** Only the control plane cannot reach its agent. */
  isCutOff: boolean;
  isGone: boolean;
  /** Shared dependencies as it sees them. */
  dependencies: Record<string, State>;
  isDegraded: boolean;
  operator: StampEvidence['operator'];
  verdict: StampEvidence['verdict'];
  probes: Record<string, boolean>;
  /** Part of requests that fail, and added latency, by flow; `*` is every flow. */
  errors: Record<string, number>;
  slowMs: Record<string, number>;
}

export interface WorldFlow {
  name: string;
  requestsPerSecond: number;
  criticality?: Criticality;
}

export interface WorldOptions {
  stamps: readonly (Partial<WorldStamp> & { id: string })[];
  flows?: readonly WorldFlow[];
  seed?: number;
  /** Part of all requests that fail whatever the stamp. */
  noise?: number;
  tickMs?: number;
  /** Without chance: every count is what is expected. */
  isSteady?: boolean;
}

const sliceCount = 16;

export class ShareWorld {
  now = Date.UTC(2026, 0, 1);
  memory: ShareMemory = firstShareMemory;
  report: SharesReport | null = null;
  readonly stamps: WorldStamp[];
  flows: WorldFlow[];
  noise: number;
  rollout: ShareEvidence['rollout'] = null;
  onlyIn: ShareEvidence['onlyIn'] = [];
  changes = 0;
  /** Requests that failed, of users. */
  failed = 0;
  total = 0;
  readonly tickMs: number;
  private readonly isSteady: boolean;
  private readonly random: () => number;
  private readonly slices = new Map<string, TrafficSlice[]>();
  private readonly streaks = new Map<string, { ok: boolean; streak: number }>();

  constructor({ stamps, flows = [{ name: 'browse', requestsPerSecond: 150 }], ...options }: WorldOptions) {
    this.stamps = stamps.map(createStamp);
    this.flows = [...flows];
    this.noise = options.noise ?? 0;
    this.tickMs = options.tickMs ?? 2000;
    this.isSteady = options.isSteady ?? false;
    this.random = createRandom(options.seed ?? 1);
  }

  get regions(): string[] {
    return [...new Set(this.stamps.map(({ region }) => region))];
  }

  stamp(id: string): WorldStamp {
    const found = this.stamps.find((stamp) => stamp.id === id);
    if (found === undefined) throw new Error(`no stamp ${id}`);
    return found;
  }

  tick(): SharesReport {
    this.now += this.tickMs;
    this.serve();
    const generation = this.memory.routing?.generation ?? 0;
    const { memory, decision } = decideShares(this.memory, this.evidence(), this.now);
    if (decision.generation !== generation) this.changes += 1;
    this.memory = memory;
    this.report = decision;
    return decision;
  }

  run(ms: number, each: (report: SharesReport) => void = () => {}): SharesReport {
    const end = this.now + ms;
    let report = this.tick();
    each(report);
    while (this.now < end) {
      report = this.tick();
      each(report);
    }
    return report;
  }

  /** Runs until the condition holds; how long that took in ms, or null when it did not. */
  until(condition: (report: SharesReport) => boolean, limitMs: number): number | null {
    const start = this.now;
    while (this.now - start < limitMs) if (condition(this.tick())) return this.now - start;
    return null;
  }

  /** Part of a gateway's requests that stamps of a release get, as the weights have it. */
  partAt(region: string, release: string, flow = ''): number {
    const weights = Object.entries(this.weightsAt(region, flow));
    const sum = (of: typeof weights) => of.reduce((total, [, weight]) => total + weight, 0);
    return sum(weights.filter(([id]) => this.stamp(id).release === release)) / sum(weights);
  }

  evidence(): ShareEvidence {
    return {
      stamps: this.stamps.map((stamp) => this.toEvidence(stamp)),
      demand: this.regions.flatMap((gateway) =>
        this.flows.map(({ name, requestsPerSecond }) => {
          return { gateway, flow: name, requestsPerSecond: requestsPerSecond / this.regions.length };
        }),
      ),
      flows: this.flows.map(({ name, criticality = 'high' }) => ({ name, criticality, latencyMs: 300 })),
      hardDependencies: ['database'],
      rollout: this.rollout,
      onlyIn: this.onlyIn,
    };
  }

  /** One tick of clients. */
  private serve(): void {
    const from = this.now - this.tickMs;
    for (const { name, requestsPerSecond } of this.flows) {
      const counts = new Map(this.stamps.map(({ id }) => [id, 0]));
      const refused = this.report?.refused.find(({ flow }) => flow === name)?.part ?? 0;
      for (const region of this.regions) {
        const expected = (requestsPerSecond * (1 - refused) * this.tickMs) / 1000 / this.regions.length;
        const weights = Object.entries(this.weightsAt(region, name));
        const sum = weights.reduce((total, [, weight]) => total + weight, 0);
        for (const [id, weight] of weights) {
          if (sum > 0) counts.set(id, (counts.get(id) ?? 0) + (expected * weight) / sum);
        }
      }
      for (const [id, expected] of counts) this.record(id, name, { from, expected });
    }
  }

  /** HAProxy: own stamps by weight unless a pool says otherwise, foreign ones when none of the own is left. */
  private weightsAt(region: string, flow: string): ShareWeights {
    if (this.report === null) return {};
    const detour = this.report.detours.find((entry) => entry.flow === flow);
    const weights =
      detour?.weights ?? Object.fromEntries(this.report.stamps.map(({ id, weight }) => [id, weight]));
    const pool =
      detour === undefined ? this.report.pools.find(({ gateway }) => gateway === region) : undefined;
    const isUp = (id: string) => ['silent', 200].includes(this.stamp(id).contact) && !this.stamp(id).isGone;
    const usable = Object.entries(pool?.weights ?? weights).filter(([id, weight]) => weight > 0 && isUp(id));
    const own = usable.filter(([id]) => this.stamp(id).region === region);
    return Object.fromEntries(pool === undefined && own.length > 0 ? own : usable);
  }

  private record(id: string, flow: string, { from, expected }: { from: number; expected: number }): void {
    const stamp = this.stamp(id);
    const all = this.draw(expected);
    const rate = Math.min(1, this.noise + (stamp.errors[flow] ?? stamp.errors['*'] ?? 0));
    const rarer = Math.min(all, this.draw(all * Math.min(rate, 1 - rate)));
    const bad = rate > 0.5 ? all - rarer : rarer;
    const slow = stamp.slowMs[flow] ?? stamp.slowMs['*'] ?? 0;
    const latency = latencyBoundsMs.map(() => 0).concat(0);
    const bucket = latencyBoundsMs.findIndex((bound) => 8 + slow <= bound);
    latency[bucket < 0 ? latencyBoundsMs.length : bucket] = all;
    this.failed += bad;
    this.total += all;
    const key = `${id} ${flow}`;
    const slices = this.slices.get(key) ?? [];
    slices.push({ from, to: this.now, good: all - bad, bad, latency });
    if (slices.length > sliceCount) slices.shift();
    this.slices.set(key, slices);
  }

  /** Poisson: Knuth's way for small means, normal for large ones. */
  private draw(mean: number): number {
    if (mean <= 0) return 0;
    if (this.isSteady) return Math.round(mean);
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.gauss()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.random(); product > limit; product *= this.random()) count += 1;
    return count;
  }

  gauss(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }

  chance(part: number): boolean {
    return this.random() < part;
  }

  private toEvidence(stamp: WorldStamp): StampEvidence {
    const { id, region, release, capacity, operator, verdict, isGone } = stamp;
    return {
      id,
      region,
      release,
      capacity: { declared: capacity, measured: null },
      operator,
      process: isGone ? 'gone' : 'running',
      contact: this.toContact(stamp),
      gateways: this.regions.map((gateway) => ({
        region: gateway,
        at: this.now,
        servers: [toServer(stamp)],
      })),
      traffic: this.flows.map(({ name }) => ({ flow: name, slices: this.slices.get(`${id} ${name}`) ?? [] })),
      probes: Object.entries(stamp.probes).map(([flow, ok]) => this.toProbe(id, flow, ok)),
      verdict,
    };
  }

  private toContact(stamp: WorldStamp): StampContact {
    const at = this.now;
    if (stamp.isCutOff || stamp.contact === 'silent') return { at, kind: 'silent' };
    if (stamp.contact === 'refused' || stamp.isGone) return { at, kind: 'refused' };
    const shared = Object.entries(stamp.dependencies).map(([component, status]) => {
      return { component, status, durationMs: 1, scope: 'global' as const };
    });
    const own = {
      component: 'worker',
      status: stamp.isDegraded ? 'degraded' : 'healthy',
      durationMs: 1,
    } as const;
    const health = {
      stamp: stamp.id,
      release: stamp.release,
      region: stamp.region,
      zone: stamp.region,
      state: 'healthy' as const,
      lastExecution: new Date(at).toISOString(),
      checks: [{ ...own, scope: 'stamp' as const }, ...shared],
    };
    return { at, kind: 'answered', status: stamp.contact, health };
  }

  private toProbe(id: string, flow: string, ok: boolean) {
    const key = `${id} ${flow}`;
    const last = this.streaks.get(key);
    const streak = last?.ok === ok ? last.streak + 1 : 1;
    this.streaks.set(key, { ok, streak });
    return { flow, at: this.now, ok, streak };
  }
}

function createStamp(stamp: Partial<WorldStamp> & { id: string }): WorldStamp {
  return {
    region: 'west',
    release: 'one',
    capacity: 100,
    contact: 200,
    isCutOff: false,
    isGone: false,
    dependencies: {},
    isDegraded: false,
    operator: null,
    verdict: null,
    probes: {},
    errors: {},
    slowMs: {},
    ...stamp,
  };
}

export const fourStamps = [
  { id: 'west-1', region: 'west' },
  { id: 'west-2', region: 'west' },
  { id: 'east-1', region: 'east' },
  { id: 'east-2', region: 'east' },
];
