import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import type { GatewayReport } from '@alwayson/protocol/routes.ts';
import type { TestEnvironment } from './environment.ts';
import { type ConditionWatch, watchUntil } from './watch-until.ts';

/** Asks both gateways' agents what HAProxy does, ten times a second, until the condition holds for all that answer. */
export async function watchGateways(
  environment: TestEnvironment,
  condition: (report: GatewayReport) => boolean,
): Promise<ConditionWatch> {
  const { zones, tokens } = JSON.parse(
    await readFile(join(environment.home, 'environment.json'), 'utf8'),
  ) as Environment;
  const agents = zones.filter(({ name }) => name.endsWith('-1')).map(({ address }) => address);
  const headers = { authorization: `Bearer ${tokens.agents}` };
  const ask = (address: string) =>
    fetch(`http://${address}:${zonePorts.gatewayAgent}/report`, {
      headers,
      signal: AbortSignal.timeout(2000),
    })
      .then((response) => response.json() as Promise<GatewayReport>)
      .catch(() => null);
  return watchUntil(100, async () => {
    const reports = (await Promise.all(agents.map(ask))).filter((report) => report !== null);
    return reports.length > 0 && reports.every(condition);
  });
}

/** The gateway sends the stamp nothing of this component: it is down, has no weight, or is passed over for all of these flows. */
export function isAvoided(
  report: GatewayReport,
  stamp: string,
  { component, flows }: { component: string; flows: readonly string[] },
): boolean {
  const server = report.servers.find((one) => one.stamp === stamp && one.component === component);
  if (server === undefined || server.state !== 'up') return true;
  const pooled = report.pool?.[stamp];
  if ((pooled ?? server.weight) === 0) return true;
  const detours = flows.map((flow) => report.detours.find((detour) => detour.flow === flow));
  return detours.length > 0 && detours.every((detour) => detour?.weights[stamp] === 0);
}
