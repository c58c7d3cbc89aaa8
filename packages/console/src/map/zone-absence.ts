import type { StatusZone } from '@alwayson/protocol/status.ts';

/** Why a zone has no host process to talk to: it is known to be gone, or it is silent and nothing is known. */
export function toAbsence(zone: StatusZone): string {
  return zone.state === 'unknown' ? 'its host does not answer' : 'no host process: the zone is down';
}
