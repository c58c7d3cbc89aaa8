import { goFirst, startAside, takeTurn } from '@alwayson/engines/process/priority.ts';
import type { UnitSpec } from '@alwayson/protocol/units.ts';

/**
 * On a full machine a stamp is not called dead because its agent waits for its turn, nor do all stamps wait for one gateway, one door or
 * a writer that is being promoted.
 */
const leading: readonly UnitSpec['kind'][] = [
  'gateway',
  'gateway-agent',
  'stamp-agent',
  'postgres',
  'pgbouncer',
  'redis-queue',
  'redis-cache',
];

/** A first start must not take the time of those who serve already; one that is back (`again`) is missed by them. */
export function setPriority(kind: UnitSpec['kind'], pid: number, again: boolean): void {
  if (leading.includes(kind)) goFirst(pid);
  if (kind === 'component') (again ? takeTurn : startAside)(pid);
}

/** Of a unit that is ready now. */
export function restorePriority(kind: UnitSpec['kind'], pid: number): void {
  if (kind === 'component') takeTurn(pid);
}
