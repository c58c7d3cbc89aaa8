import type { GatewayReport } from '@alwayson/protocol/routes.ts';

/** How often a gateway that has everything in force is read back again: a little less than five ticks. */
const everyMs = 4900;
/** A server that was down may be up again: what is decided on must not be older than the looks that are counted, one a second. */
const everyMsWhenDown = 900;

/** Whether the last report of a gateway, read so long ago, is too old to decide on. */
export function isReadBackDue(report: Pick<GatewayReport, 'servers'>, ageMs: number): boolean {
  const isDown = report.servers.some(({ state }) => state === 'down');
  return ageMs >= (isDown ? everyMsWhenDown : everyMs);
}
