import { createHash } from 'node:crypto';
import type { Controller, ControllerContext } from '../controller.ts';
import type { KeptState } from '../database/kept-state.ts';
import type { QueueController } from '../queue/queue-controller.ts';
import { readConfiguration } from './read-configuration.ts';

/** As often as the log is archived at least: a restore to a moment finds the state of a minute before it. */
const lookEveryMs = 60_000;

export const configurationPart = 'configuration';
/** That of the moment that was restored last, where it was another. */
export const restoredConfigurationPart = 'configuration-restored';
export const queuePart = (region: string) => `queue-${region}`;

export interface StateKeeperContext extends Pick<ControllerContext, 'manifest' | 'records' | 'now'> {
  state: Pick<KeptState, 'write'>;
  queue: Pick<QueueController, 'queues'>;
  /** The epoch that is open; null while nobody writes. */
  openEpoch: () => number | null;
  /** What is restored must be read before it is replaced. */
  isRestoring: () => boolean;
}

export interface StateKeeper extends Controller {
  /** As it is now. Throws what the database says; a queue that cannot be asked stays as it was kept last. */
  keep(): Promise<void>;
}

/**
 * Writes into the database what belongs to a backup and is not in it: what waits in the queues, and the configuration. So it is encrypted,
 * kept in two regions, proven and restored to any moment as the data is. Nothing is written while nothing has changed.
 */
export function createStateKeeper(context: StateKeeperContext): StateKeeper {
  const { state, queue, openEpoch, isRestoring, now } = context;
  let lookedAt = now();
  let keptIn: number | null = null;
  /** Hashes: a full queue is large. */
  const kept = new Map<string, string>();
  let running: Promise<void> | null = null;

  const gather = async (): Promise<Record<string, unknown>> => {
    const asked = await Promise.allSettled(
      queue.queues.map(async ({ region, content }) => [queuePart(region), await content()] as const),
    );
    const queues = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    return { [configurationPart]: readConfiguration(context), ...Object.fromEntries(queues) };
  };

  const keep = async () => {
    const epoch = openEpoch();
    // In another epoch the database may be of another time.
    if (epoch !== keptIn) kept.clear();
    keptIn = epoch;
    const found = Object.entries(await gather()).map(
      ([name, content]) => [name, JSON.stringify(content)] as const,
    );
    const changed = found.filter(([name, text]) => kept.get(name) !== hash(text));
    if (changed.length === 0) return;
    await state.write(Object.fromEntries(changed));
    for (const [name, text] of changed) kept.set(name, hash(text));
  };

  return {
    name: 'state',
    keep,
    async tick() {
      if (running !== null || now() - lookedAt < lookEveryMs || openEpoch() === null || isRestoring()) return;
      lookedAt = now();
      // What it meets is met again in a minute, and by every backup, which tells it.
      running = keep()
        .catch(() => {})
        .finally(() => {
          running = null;
        });
    },
    async close() {
      await running;
    },
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
