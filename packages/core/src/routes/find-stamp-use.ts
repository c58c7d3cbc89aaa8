import type { GatewayReport } from '@alwayson/protocol/routes.ts';

/** By region: the last report of every living gateway, null where its agent does not answer. */
export type LivingReports = ReadonlyMap<string, GatewayReport | null>;

/**
 * Requests that gateways have at a stamp just now; null when one of them cannot tell. A process that a reload replaced cannot: its
 * clients may still send a request each, also to stamps that have left the record.
 */
export function sessionsOf(reports: LivingReports, stamp: string): number | null {
  let sessions = 0;
  for (const report of reports.values()) {
    const replaced = report?.haproxy.replaced;
    if (!report?.haproxy.running || replaced === undefined) return null;
    if (replaced.some(({ stamps }) => stamps.includes(stamp))) return null;
    for (const server of report.servers) if (server.stamp === stamp) sessions += server.sessions;
  }
  return sessions;
}

/** Whether some gateway would send a request to the stamp, or is not known not to. */
export function isRouted(reports: LivingReports, stamp: string): boolean {
  return [...reports.values()].some((report) => report === null || isRoutedAt(report, stamp));
}

function isRoutedAt(
  { servers, detours, pool, reserve = [], haproxy }: GatewayReport,
  stamp: string,
): boolean {
  if (haproxy.replaced?.some(({ stamps }) => stamps.includes(stamp)) ?? true) return true;
  const own = servers.filter((server) => server.stamp === stamp && server.state !== 'maintenance');
  if (own.length === 0) return false;
  if (reserve.includes(stamp)) return true;
  const apart = [pool ?? {}, ...detours.map(({ weights }) => weights)];
  return own.some(({ weight }) => weight > 0) || apart.some((weights) => (weights[stamp] ?? 0) > 0);
}
