import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { metricsPath } from '@alwayson/protocol/metrics-text.ts';
import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import type { UnitKind } from '@alwayson/protocol/words.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** Prometheus' `http_sd_config`. */
const MetricsTarget = z.object({
  targets: z.array(z.string()).length(1),
  labels: z.record(z.string(), z.string()),
});
type MetricsTarget = z.infer<typeof MetricsTarget>;

/** These do not speak HTTP; what we know of them is among our own metrics. */
const silentKinds: ReadonlySet<UnitKind> = new Set(['postgres', 'pgbouncer', 'redis-queue', 'redis-cache']);

export function registerMetricsTargets(
  server: FastifyInstance,
  { environment, status }: { environment: Environment; status: () => Status },
): void {
  const schema = {
    summary: 'What to scrape, as Prometheus wants it told (http_sd_config)',
    response: { 200: z.array(MetricsTarget) },
  };
  server
    .withTypeProvider<ZodTypeProvider>()
    .get('/api/metrics-targets', { schema }, () => listMetricsTargets(environment, status()));
}

/** Every process of ours and every component that is there now: hosts, gateways, agents, the control plane. */
export function listMetricsTargets(environment: Environment, status: Status): MetricsTarget[] {
  const { workload, regions, witness } = status;
  const placed = regions.flatMap(({ name, zones }) => zones.map((zone) => ({ region: name, zone })));
  const all = [...placed, { region: '', zone: witness }];
  return all.flatMap(({ region, zone }) => {
    const common = { workload, environment: environment.name, ...(region === '' ? {} : { region }) };
    const host = { ...common, zone: zone.name, unit: `host-${zone.name}`, kind: 'host' };
    const units = zone.units.filter(({ kind }) => !silentKinds.has(kind));
    return [
      toTarget(`${zone.address}:${zonePorts.host}`, host),
      ...units.map((unit) => toTarget(toAddress(environment, unit), { ...common, ...toLabels(zone, unit) })),
    ];
  });
}

function toTarget(address: string, labels: Record<string, string>): MetricsTarget {
  return { targets: [address], labels: { __metrics_path__: metricsPath, ...labels } };
}

/** The control plane listens where people find it, not on its zone's address. */
function toAddress({ console }: Environment, { kind, address, port }: StatusUnit): string {
  return kind === 'control-plane' ? `127.0.0.1:${console.port}` : `${address}:${port}`;
}

function toLabels(zone: StatusZone, { id, kind, component, stamp, release }: StatusUnit) {
  return {
    zone: zone.name,
    unit: id,
    kind,
    ...(component === undefined ? {} : { component }),
    ...(stamp === undefined ? {} : { stamp }),
    ...(release === undefined ? {} : { release }),
  };
}
