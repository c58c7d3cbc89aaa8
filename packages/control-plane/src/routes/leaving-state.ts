import { isRouted, type LivingReports, sessionsOf } from '@alwayson/core/routes/find-stamp-use.ts';
import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';

/**
 * A stamp on its way out gets nothing new at once (`drain`), and is `off`, no longer asked how it is, when every living gateway has
 * read back that it has no route and no request there.
 */
export function decideLeavingState(
  id: string,
  record: RouteRecord | null,
  reports: LivingReports,
): RouteStamp['state'] {
  const last = record?.stamps.find((stamp) => stamp.id === id)?.state;
  if (last === 'off') return 'off';
  const isDone = reports.size > 0 && !isRouted(reports, id) && sessionsOf(reports, id) === 0;
  return last === 'drain' && isDone ? 'off' : 'drain';
}
