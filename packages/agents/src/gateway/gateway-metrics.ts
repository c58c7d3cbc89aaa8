import { renderProcessMetrics } from '@alwayson/engines/process/render-process-metrics.ts';
import { type MetricFamily, renderMetricFamilies, toSingleMetric } from '@alwayson/protocol/metrics-text.ts';
import { type GatewayReport, type GatewayServer, serverStates } from '@alwayson/protocol/routes.ts';

type Labels = Readonly<Record<string, string>>;

/** Prometheus text: this process, and what it read back of HAProxy last. HAProxy has metrics of its own, on another port. */
export function renderGatewayMetrics(report: GatewayReport): string {
  return (
    renderProcessMetrics() +
    renderMetricFamilies([...listRecord(report), toRefused(report), ...listServers(report)])
  );
}

function listRecord({ region, epoch, generation, inForce, haproxy }: GatewayReport): MetricFamily[] {
  const gauge = (name: string, help: string, value: number | null) =>
    toSingleMetric('gauge', `alwayson_gateway_${name}`, { help, value, labels: { region } });
  return [
    gauge('epoch', 'Epoch of the route record in force.', epoch),
    gauge('generation', 'Generation of the route record in force.', generation),
    gauge('in_force', '1 when HAProxy runs what the record says.', Number(inForce)),
    gauge('haproxy_up', '1 when HAProxy answers its agent.', Number(haproxy.running)),
    gauge('reloads', 'Reloads since the start of the agent.', haproxy.reloads),
  ];
}

function toRefused({ region, shed }: GatewayReport): MetricFamily {
  return {
    name: 'alwayson_gateway_refused_ratio',
    type: 'gauge',
    help: 'Part of the requests of a flow that is refused for lack of capacity.',
    samples: shed.map(({ flow, part }) => ({ labels: { region, flow }, value: part })),
  };
}

function listServers({ region, servers }: GatewayReport): MetricFamily[] {
  const labelsOf = ({ component, stamp }: GatewayServer) => ({ region, component, stamp });
  const family = (
    [type, name]: ['counter' | 'gauge', string],
    help: string,
    read: (server: GatewayServer) => [Labels, number][],
  ): MetricFamily => ({
    name: `alwayson_gateway_server_${name}`,
    type,
    help,
    samples: servers.flatMap((server) =>
      read(server).map(([labels, value]) => ({ labels: { ...labelsOf(server), ...labels }, value })),
    ),
  });
  return [
    family(['gauge', 'state'], "1 for the state of a stamp's component in HAProxy.", (server) =>
      serverStates.map((state) => [{ state }, Number(server.state === state)]),
    ),
    family(['gauge', 'weight'], 'Weight, 0 to 256.', ({ weight }) => [[{}, weight]]),
    family(['gauge', 'sessions'], 'Requests at work.', ({ sessions }) => [[{}, sessions]]),
    family(['gauge', 'queued'], 'Requests that wait for a connection.', ({ queued }) => [[{}, queued]]),
    family(['counter', 'requests_total'], 'Attempts, since HAProxy started.', ({ requests }) => [
      [{}, requests],
    ]),
    family(['counter', 'errors_total'], 'Attempts that failed, and what was done.', ({ errors }) =>
      Object.entries(errors).map(([kind, count]) => [{ kind }, count]),
    ),
    family(['gauge', 'duration_seconds'], 'Means of the last requests.', (server) => [
      [{ part: 'queue' }, server.queueMs / 1000],
      [{ part: 'connect' }, server.connectMs / 1000],
      [{ part: 'response' }, server.responseMs / 1000],
    ]),
  ];
}
