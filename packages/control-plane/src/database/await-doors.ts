import { setTimeout as sleep } from 'node:timers/promises';
import { memberOf } from './database-plan.ts';
import type { DatabaseRuntime } from './database-runtime.ts';
import type { DoorWatch } from './door-watch.ts';

const withinMs = 5000;
const pollMs = 10;

/**
 * Waits until every door of a zone that can be reached says itself that it leads to the writer. Returns those that did not in time.
 * `onLeading` is awaited for each as soon as it does.
 */
export async function awaitDoors(
  { context, plan, doors }: DatabaseRuntime,
  writer: string,
  onLeading: (door: DoorWatch) => Promise<void> = async () => {},
): Promise<string[]> {
  const { address } = memberOf(plan, writer);
  const giveUpAt = performance.now() + withinMs;
  const isLeading = async (door: DoorWatch) => {
    while (performance.now() < giveUpAt) {
      if ((await door.read())?.write === address) {
        await onLeading(door);
        return true;
      }
      await sleep(pollMs);
    }
    return false;
  };
  const reachable = plan.doors.filter(
    ({ zone }) => context.placement.observe(zone.name).contact === 'connected',
  );
  const led = await Promise.all(
    reachable.map(async ({ id }) => {
      const door = doors.get(id);
      return door !== undefined && (await isLeading(door).catch(() => false));
    }),
  );
  return reachable.filter((_, index) => led[index] === false).map(({ id }) => id);
}
