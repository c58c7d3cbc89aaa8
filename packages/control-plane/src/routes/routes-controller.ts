import { isDeepStrictEqual } from 'node:util';
import { isReadBackDue } from '@alwayson/core/routes/is-read-back-due.ts';
import type { LivingReports } from '@alwayson/core/routes/find-stamp-use.ts';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { SwitchState } from '@alwayson/core/switches/apply-switches.ts';
import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { GatewayReport, gatewayRoutes, RouteRecord } from '@alwayson/protocol/routes.ts';
import { toTracing } from '@alwayson/protocol/telemetry.ts';
import { z } from 'zod';
import type { Controller, ControllerContext } from '../controller.ts';
import type { Routing } from '../shares/shares-controller.ts';
import { requestJson } from '../signals/request-json.ts';
import { decideLeavingState } from './leaving-state.ts';

const recordName = 'routes';

export interface RoutesController extends Controller {
  /** The committed record; null before the first. */
  record(): RouteRecord | null;
  /** The last report of every gateway by region; null when its agent does not answer. */
  reports(): ReadonlyMap<string, GatewayReport | null>;
}

export interface RoutesContext extends ControllerContext {
  stamps: () => readonly StampPlan[];
  epoch: () => number;
  switches: { state(): SwitchState };
  /** What the share decision wants; null before the first. */
  routing: () => Routing | null;
  /** Stamps that are on their way out: `drain` first, `off` when every gateway says that they have no request. */
  draining?: () => ReadonlySet<string>;
  /** Of all releases that stand, each once; those of the manifest without it. */
  flows?: () => Manifest['flows'];
}

/** Commits the route record and brings every gateway to it. In force means read back from HAProxy, never sent. */
export function createRoutesController(context: RoutesContext): RoutesController {
  const { environment, records, journal, now } = context;
  const reports = new Map<string, GatewayReport | null>();
  const readAt = new Map<string, number>();
  const schema = z.union([RouteRecord, z.null()]);

  /** A gateway whose zone is gone sends nobody anywhere; one that is only out of sight does. */
  const livingReports = (): LivingReports => {
    const living = toRegions(environment).filter(
      (region) => context.placement.observe(gatewayZone(region).name).contact !== 'refused',
    );
    return new Map(living.map(({ name }) => [name, reports.get(name) ?? null]));
  };

  const commitIfChanged = (): RouteRecord | null => {
    const { version, value } = records.read(recordName, schema, null);
    const routing = context.routing();
    if (context.stamps().length === 0 || routing === null) return value;
    const wanted = renderRoutes(context, routing, { last: value, reports: livingReports() });
    if (value !== null && isDeepStrictEqual(value, wanted)) return value;
    // Nobody is fit to serve: gateways keep what they have, and refuse such a record anyway.
    if (!wanted.stamps.some(({ state, weight }) => state === 'ready' && weight > 0)) return value;
    const next = { ...wanted, generation: (value?.generation ?? 0) + 1 };
    records.commit(recordName, version, next);
    const data = { stamps: next.stamps.map(({ id, state, weight }) => ({ id, state, weight })) };
    const message = `Route record ${next.generation} is committed.`;
    journal.event({ severity: 'info', type: 'routes.committed', entity: 'routes', message, data });
    return next;
  };

  const bring = async (region: string, address: string, record: RouteRecord) => {
    const last = reports.get(region);
    const ageMs = now() - (readAt.get(region) ?? -Infinity);
    if (last && isInForce(last, record) && !isReadBackDue(last, ageMs)) return;
    const base = `http://${address}:${zonePorts.gatewayAgent}`;
    const token = environment.tokens.agents;
    try {
      let report = await requestJson(GatewayReport, { url: base + gatewayRoutes.report, token });
      if (!isInForce(report, record)) {
        const put = { url: base + gatewayRoutes.routes, token, method: 'PUT' as const, body: record };
        report = await requestJson(GatewayReport, { ...put, timeoutMs: 15_000 });
        if (isInForce(report, record)) {
          const message = `Gateway ${region} has route record ${record.generation} in force.`;
          journal.event({ severity: 'info', type: 'gateway.in-force', entity: `gateway-${region}`, message });
        }
      }
      reports.set(region, report);
    } catch (error) {
      reports.set(region, null);
      throw error;
    } finally {
      readAt.set(region, now());
    }
  };

  return {
    name: 'routes',
    async tick() {
      const record = commitIfChanged();
      if (record === null) return;
      const results = await Promise.allSettled(
        toRegions(environment)
          .filter((region) => context.placement.observe(gatewayZone(region).name).contact === 'connected')
          .map((region) => bring(region.name, gatewayZone(region).address, record)),
      );
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
    close: async () => {},
    record: () => records.read(recordName, schema, null).value,
    reports: () => reports,
  };
}

function isInForce(report: GatewayReport, record: RouteRecord): boolean {
  return report.inForce && report.epoch === record.epoch && report.generation === record.generation;
}

interface Present {
  last: RouteRecord | null;
  reports: LivingReports;
}

/** The record that the manifest and the stamps that stand ask for. */
function renderRoutes(context: RoutesContext, routing: Routing, { last, reports }: Present): RouteRecord {
  const { manifest, stamps, epoch, switches } = context;
  const switched = switches.state().stamps;
  const draining = context.draining?.() ?? new Set<string>();
  const stateOf = (id: string) => {
    const wanted = switched.get(id)?.state ?? 'ready';
    return draining.has(id) && wanted !== 'off' ? decideLeavingState(id, last, reports) : wanted;
  };
  return {
    epoch: epoch(),
    generation: last?.generation ?? 0,
    components: manifest.components
      .filter((component) => component.routes.length > 0)
      .map(({ name, routes }) => ({ name, routes })),
    flows: (context.flows?.() ?? manifest.flows).map(({ name, requests }) => ({ name, requests })),
    limits: toLimits(manifest),
    detours: routing.detours.map(({ flow, weights }) => ({ flow, weights })),
    pools: routing.pools.map(({ gateway, weights }) => ({ gateway, weights })),
    shed: [...routing.shed],
    ...(routing.rollout === undefined ? {} : { rollout: routing.rollout }),
    ...toTracing(manifest.telemetry),
    stamps: stamps().map(({ id, region, zone, release, address, agentPort, ports }) => {
      return {
        id,
        region,
        zone,
        release,
        address,
        healthPort: agentPort,
        ports,
        state: stateOf(id),
        weight: routing.weights[id] ?? 0,
      };
    }),
  };
}

function toLimits({ gateway }: Manifest): RouteRecord['limits'] {
  const { requestsPerSecondPerClient, requestBodyBytesMax, requestTimeoutMs } = gateway;
  return { requestsPerSecondPerClient, requestBodyBytesMax, requestTimeoutMs };
}
