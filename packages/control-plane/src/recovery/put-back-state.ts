import { choosePutBack, countEntries } from '@alwayson/core/queue/choose-put-back.ts';
import { compareConfiguration } from '@alwayson/core/recovery/compare-configuration.ts';
import { QueueContent } from '@alwayson/protocol/queue-content.ts';
import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import { z } from 'zod';
import { readConfiguration } from '../backups/read-configuration.ts';
import { configurationPart, queuePart, restoredConfigurationPart } from '../backups/state-keeper.ts';
import type { ControllerContext } from '../controller.ts';
import type { KeptState } from '../database/kept-state.ts';
import { waitUntil } from '../database/wait-until.ts';
import type { QueueController } from '../queue/queue-controller.ts';

/** Writes are held meanwhile. */
const queueWithinMs = 3000;

export interface PutBackContext extends Pick<ControllerContext, 'manifest' | 'records'> {
  state: KeptState;
  queue: Pick<QueueController, 'queues'>;
}

type Queue = QueueController['queues'][number];

const KeptConfiguration = z.object({ manifest: z.unknown(), records: z.record(z.string(), z.unknown()) });

/**
 * What belongs to the restored moment beside the tables. Writes that were accepted and not applied then go back into their queues, under the
 * ids that the ledger knows them by: it may be done again, and none is applied twice. Before doors open, for a worker that
 * has gone on to a later entry never turns back.
 */
export async function putBackState(context: PutBackContext): Promise<RecoveryCheck[]> {
  const { state, queue } = context;
  const kept = await state.read();
  const then = KeptConfiguration.safeParse(kept.get(configurationPart));
  const queues = queue.queues.map(async (one) => {
    const content = QueueContent.safeParse(kept.get(queuePart(one.region)));
    if (content.success) return putBack(state, one, content.data);
    return toCheck(one, 'warn', 'the restored data is of before it was kept');
  });
  const configuration = compareConfiguration(then.data ?? null, readConfiguration(context));
  const isAnother = then.success && configuration.state !== 'pass';
  // The present one is about to be kept in its place.
  const keeping = isAnother
    ? state.write({ [restoredConfigurationPart]: JSON.stringify(then.data) })
    : undefined;
  const [checks] = await Promise.all([Promise.all(queues), keeping]);
  return [configuration, ...checks];
}

async function putBack(state: KeptState, queue: Queue, content: QueueContent): Promise<RecoveryCheck> {
  const left = choosePutBack(content, await state.applied(queue.region));
  const count = countEntries(left);
  if (count === 0) return toCheck(queue, 'pass', 'everything that was accepted by then was applied by then');
  await state.expect(queue.region, left.streams);
  let failure: unknown;
  const isDone = () =>
    queue.putBack(left, queueWithinMs).then(
      () => true,
      (error: unknown) => {
        failure = error;
        return false;
      },
    );
  try {
    await waitUntil(`the queue of ${queue.region}`, queueWithinMs, isDone);
  } catch {
    const reason = failure instanceof Error ? failure.message : String(failure);
    await state.bury(queue.region, left.streams, `not put back into the queue after a restore: ${reason}`);
    return toCheck(queue, 'warn', `${count} writes of then are dead letters, for it takes none: ${reason}`);
  }
  const rest = content.isCut ? '; there were more than are kept' : '';
  const detail = `${count} writes that were accepted and not applied then were put back${rest}`;
  return toCheck(queue, content.isCut ? 'warn' : 'pass', detail);
}

function toCheck({ region }: Queue, state: RecoveryCheck['state'], detail: string): RecoveryCheck {
  return { name: `queue of ${region}`, state, detail };
}
