import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type {
  FlowDemand,
  FlowTraffic,
  OnlyIn,
  ShareEvidence,
  StampContact,
  StampEvidence,
  TrafficSlice,
} from '@alwayson/core/shares/share-evidence.ts';
import type { SwitchState } from '@alwayson/core/switches/apply-switches.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { GatewayReport, RouteRollout } from '@alwayson/protocol/routes.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { ZoneObservation } from '../placement/placement.ts';

/** The facts at hand, from which the gateway decision is made. */
export interface ShareFacts {
  manifest: Manifest;
  stamps: readonly StampPlan[];
  zone(name: string): ZoneObservation;
  contact(stamp: string): StampContact | null;
  /** The health model's word on a stamp. */
  verdict(stamp: string): { state: State; reason: string } | null;
  switches: SwitchState;
  reports: ReadonlyMap<string, GatewayReport | null>;
  observations: readonly Observation[];
  /** How traffic is divided between two releases. */
  rollout?: RouteRollout | null;
  /** Flows that only one of them declares. */
  onlyIn?: readonly OnlyIn[];
  /** Of both releases, each once; those of the manifest without it. */
  flows?: Manifest['flows'];
  /** Stamps that are on their way out: they get nothing any more. */
  draining?: ReadonlySet<string>;
  now: number;
}

/** Requests per second are taken over this long. */
const demandMs = 10_000;

export function toShareEvidence(facts: ShareFacts): ShareEvidence {
  const { manifest } = facts;
  const flows = (facts.flows ?? manifest.flows).filter(({ requests }) => requests.length > 0);
  return {
    stamps: facts.stamps.map((stamp) => toStampEvidence(facts, stamp)),
    demand: facts.observations.flatMap((observation) => toDemand(observation, facts.now)),
    flows: flows.map(({ name, criticality, objective }) => {
      return { name, criticality, latencyMs: objective.latencyP99Ms };
    }),
    hardDependencies: toHardDependencies(manifest),
    rollout: facts.rollout ?? null,
    onlyIn: facts.onlyIn ?? [],
  };
}

function toStampEvidence(facts: ShareFacts, stamp: StampPlan): StampEvidence {
  const { id, region, release, zone } = stamp;
  const routed = facts.manifest.components.filter(({ routes }) => routes.length > 0);
  return {
    id,
    region,
    release,
    // What it can surely carry, whichever of its components the requests are for.
    capacity: {
      declared: Math.min(...routed.map(({ capacity }) => capacity.requestsPerSecond)),
      measured: null,
    },
    operator: toOperator(facts, id),
    process: toProcess(
      facts.zone(zone),
      routed.map(({ name }) => `${id}-${name}`),
    ),
    contact: facts.contact(id),
    gateways: [...facts.reports].flatMap(([gateway, report]) => {
      const servers = report?.servers.filter((server) => server.stamp === id) ?? [];
      return servers.length === 0 ? [] : [{ region: gateway, at: report?.seenAt ?? 0, servers }];
    }),
    traffic: toTraffic(facts, id),
    probes: facts.observations.flatMap(({ stampProbes = [] }) =>
      stampProbes
        .filter((probe) => probe.stamp === id)
        .map(({ flow, at, ok, streak }) => ({ flow, at: Date.parse(at), ok, streak })),
    ),
    verdict: facts.verdict(id),
  };
}

function toOperator({ switches, draining }: ShareFacts, id: string): StampEvidence['operator'] {
  const by = switches.stamps.get(id)?.by;
  if (by !== undefined) return { state: by.action, reason: `${by.owner}: ${by.reason}` };
  return draining?.has(id) === true ? { state: 'drain', reason: 'it is on its way out' } : null;
}

function toProcess({ contact, host }: ZoneObservation, units: readonly string[]): StampEvidence['process'] {
  if (contact === 'refused') return 'gone';
  if (contact !== 'connected') return 'unknown';
  const states = units.map((id) => host?.units.find((unit) => unit.id === id)?.state);
  if (states.some((state) => state === 'exited' || state === 'stopped')) return 'gone';
  return states.every((state) => state === 'ready' || state === 'failing') ? 'running' : 'unknown';
}

/** What every gateway got from the stamp, in sum; gateways count in the same slices of time. */
function toTraffic({ observations }: ShareFacts, stamp: string): FlowTraffic[] {
  const windows = observations.flatMap((seen) => (seen.windows ?? []).filter((one) => one.stamp === stamp));
  return [...Map.groupBy(windows, ({ flow }) => flow)].map(([flow, own]) => ({
    flow,
    slices: [
      ...Map.groupBy(
        own.flatMap(({ slices }) => slices),
        ({ from }) => from,
      ).values(),
    ]
      .map((same) => same.reduce<TrafficSlice>(addSlices, emptyLike(same[0])))
      .toSorted((a, b) => a.from - b.from),
  }));
}

function emptyLike(slice: TrafficSlice | undefined): TrafficSlice {
  const { from = 0, to = 0, latency = [] } = slice ?? {};
  return { from, to, good: 0, bad: 0, latency: latency.map(() => 0) };
}

function addSlices(sum: TrafficSlice, { good, bad, latency }: TrafficSlice): TrafficSlice {
  const added = sum.latency.map((count, bucket) => count + (latency[bucket] ?? 0));
  return { ...sum, good: sum.good + good, bad: sum.bad + bad, latency: added };
}

function toDemand({ region, windows = [] }: Observation, now: number): FlowDemand[] {
  return [...Map.groupBy(windows, ({ flow }) => flow)].map(([flow, own]) => {
    const slices = own.flatMap(({ slices: all }) => all).filter(({ to }) => to > now - demandMs);
    const requests = slices.reduce((sum, { good, bad }) => sum + good + bad, 0);
    return { gateway: region, flow, requestsPerSecond: requests / (demandMs / 1000) };
  });
}

/** Stores that what serves requests cannot do without. */
function toHardDependencies({ components, dependencies, stores }: Manifest): string[] {
  const serving = new Set(components.filter(({ routes }) => routes.length > 0).map(({ name }) => name));
  const hard = dependencies.filter(({ from, kind }) => kind === 'hard' && serving.has(from));
  return stores.map(({ name }) => name).filter((name) => hard.some(({ to }) => to === name));
}
