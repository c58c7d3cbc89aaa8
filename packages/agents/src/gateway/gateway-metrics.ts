import type { GatewayReport } from '@alwayson/protocol/routes.ts';

/** Prometheus text. HAProxy has metrics of its own, on another port. */
export function renderGatewayMetrics({ region, epoch, generation, inForce, haproxy }: GatewayReport): string {
  const gauges: [string, string, number | null][] = [
    ['alwayson_gateway_epoch', 'Epoch of the route record in force.', epoch],
    ['alwayson_gateway_generation', 'Generation of the route record in force.', generation],
    ['alwayson_gateway_in_force', '1 when HAProxy runs what the record says.', Number(inForce)],
    ['alwayson_gateway_haproxy_up', '1 when HAProxy answers its agent.', Number(haproxy.running)],
    ['alwayson_gateway_reloads', 'Reloads since the start of the agent.', haproxy.reloads],
  ];
  return gauges
    .filter(([, , value]) => value !== null)
    .map(
      ([name, help, value]) =>
        `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}{region="${region}"} ${value}\n`,
    )
    .join('');
}
