import type { RegionHandover } from '../../src/database/region-handover.ts';
import type { RecoveryBoard } from '../../src/recovery/recovery-board.ts';
import { waitFor } from '../database/database-rig.ts';
import type { RecoveryRig } from './recovery-rig.ts';

/** Zones of the writer, of the candidate, and of the other server of each region. */
export interface Zones {
  writer: string;
  candidate: string;
  copy: string;
  neighbour: string;
}

/** Who takes part in a change of the writer, and the process that is killed. */
export const victims = {
  "the writer's host": ({ writer }, rig) => hostOf(rig, writer),
  "the candidate's host": ({ candidate }, rig) => hostOf(rig, candidate),
  "the writer's door": ({ writer }, rig) => rig.database.findPid(`pgbouncer-${writer}`),
  "the candidate's door": ({ candidate }, rig) => rig.database.findPid(`pgbouncer-${candidate}`),
  "the writer's copy": ({ copy }, rig) => rig.database.findPid(`pg-${copy}`),
  "the candidate's neighbour": ({ neighbour }, rig) => rig.database.findPid(`pg-${neighbour}`),
  'the writer': ({ writer }, rig) => rig.database.findPid(`pg-${writer}`),
  'the candidate': ({ candidate }, rig) => rig.database.findPid(`pg-${candidate}`),
} as const satisfies Record<string, (zones: Zones, rig: RecoveryRig) => number | null>;
export type Victim = keyof typeof victims;
export const victimNames = Object.keys(victims) as Victim[];

/** Once a planned switch to the region could begin: what the test before has killed may be on its way back. */
export async function findZones(rig: RecoveryRig, to: string): Promise<Zones> {
  const planNow = () => rig.board().plan({ region: to, mode: 'planned' });
  await waitFor('a switch to be possible', async () => (await planNow()).isReady, 180_000);
  const plan = await planNow();
  const [writer = '', candidate = ''] = [plan.writer, plan.candidate].map((id) => id?.slice('pg-'.length));
  return { writer, candidate, copy: beside(writer), neighbour: beside(candidate) };
}

/** A board with which the victim is killed, once, as an effect begins. `isKilled`: whether it ran then. */
export function killingBoard(
  rig: RecoveryRig,
  { effect, victim, zones }: { effect: keyof RegionHandover; victim: Victim; zones: Zones },
): { board: RecoveryBoard; isKilled: () => boolean } {
  let wasReached = false;
  let pid: number | null = null;
  const kill = () => {
    pid = victims[victim](zones, rig);
    // A step may come after its process was stopped in good order.
    if (pid !== null) process.kill(pid, 'SIGKILL');
  };
  const board = rig.board((handover) => ({
    [effect]: (...args: never[]) => {
      if (!wasReached) kill();
      wasReached = true;
      return (handover[effect] as (...given: never[]) => Promise<unknown>)(...args);
    },
  }));
  return { board, isKilled: () => pid !== null };
}

function beside(zone: string): string {
  return zone.endsWith('-1') ? zone.replace('-1', '-2') : zone.replace('-2', '-1');
}

function hostOf({ database }: RecoveryRig, zone: string): number | null {
  return database.placement.observe(zone).host?.pid ?? null;
}
