import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueRegion } from '../identity.ts';
import { showConsumer } from '../metrics/queue-metrics.ts';
import type { Sql } from '../sql.ts';
import type { QueueHandler } from './apply-batch.ts';
import { type QueueConsumerStats, toStats } from './consumer-stats.ts';
import { decideClaims, type LeaseView, type ShardKey } from './decide-claims.ts';
import { beat, claimShards, leave, prepareLedger, releaseShards } from './ledger.ts';
import { msToNextBeat } from './next-beat.ts';
import { createRegionReader, type RegionReader } from './region-reader.ts';

export type { QueueHandler } from './apply-batch.ts';
export type { QueueConsumerStats } from './consumer-stats.ts';

export interface QueueConsumerOptions {
  /** From `readQueues`: own region first. */
  queues: readonly QueueRegion[];
  /** Its `write` and `note` reach the one writer. */
  sql: Pick<Sql, 'write' | 'note'>;
  /** By type of entry. An entry of another type waits for a worker that has a handler. */
  handlers: Readonly<Record<string, QueueHandler>>;
  /** Shown in the leases; made unique for this process. */
  name?: string;
  /** Told of what goes wrong on the way, the same once in ten seconds; it is tried again in any case. */
  onFailure?(error: unknown): void;
}

export interface QueueConsumer {
  stats(): QueueConsumerStats;
  /** Commits the batch in hand and gives the leases back. */
  close(): Promise<void>;
}

/** A beat and a half at least: one that is lost is sent again after a second. */
const leaseMs = { busy: 2500, quiet: 5500 };
/** Without entries, failures or changes for this long a worker is quiet. Each beat is a write that all copies of the database see. */
const quietAfterMs = 10_000;
/** A shard that was given up is left to others for this long. */
const avoidMs = 10_000;
const tellEveryMs = 10_000;
const toldMax = 100;

/**
 * Applies what producers put into the queues, exactly once in effect and in order within a key. Workers share the shards
 * of their region by leases in the database; any number may run, and any may die at any moment.
 */
export function createQueueConsumer(options: QueueConsumerOptions): QueueConsumer {
  const { queues, sql, handlers } = options;
  const onFailure = createTeller(options.onFailure ?? (() => {}));
  const worker = `${options.name ?? 'worker'}-${randomUUID().slice(0, 8)}`;
  const region = queues[0]?.region ?? '';
  const totals = { applied: 0, deadLetters: 0, lagMs: 0 };
  const avoided = new Map<string, number>();
  const closing = new AbortController();
  let leasedUntil = 0;
  let busyUntil = performance.now() + quietAfterMs;
  const stir = () => (busyUntil = performance.now() + quietAfterMs);
  const isQuiet = () => performance.now() >= busyUntil;
  const fail = (error: unknown) => {
    stir();
    onFailure(error);
  };

  const readers = queues.map(
    (queue): RegionReader =>
      createRegionReader(queue, {
        sql,
        handlers,
        failed: fail,
        isQuiet,
        holdsLeases: () => performance.now() < leasedUntil,
        giveUp: (shard) => avoided.set(toName({ queue: queue.region, shard }), performance.now() + avoidMs),
        applied({ applied, deadLetters, oldestAcceptedAt }) {
          stir();
          totals.applied += applied;
          totals.deadLetters += deadLetters;
          totals.lagMs = Math.max(0, Date.now() - oldestAcceptedAt);
        },
      }),
  );

  const avoid = (key: ShardKey) => (avoided.get(toName(key)) ?? 0) > performance.now();

  /** Renews all leases in one statement, and only when the picture asks for it, changes them. */
  const renew = async (isRare: boolean) => {
    const sentAt = performance.now();
    const names = queues.map((queue) => queue.region);
    const forMs = isRare ? leaseMs.quiet : leaseMs.busy;
    const view = await sql.note((connection) =>
      beat(connection, { worker, region, leaseMs: forMs, queues: names }),
    );
    // After a gap all leases look abandoned: the others get one beat to say that they live.
    const hadGap = sentAt > leasedUntil && leasedUntil > 0;
    leasedUntil = sentAt + forMs;
    const { claim, release } = decideClaims({ worker, region, ...view, avoid });
    const given = [...release, ...view.leases.filter((lease) => lease.owner === worker && avoid(lease))];
    const kept = view.leases.filter(
      (lease) => lease.owner === worker && !given.some((key) => toName(key) === toName(lease)),
    );
    hold(kept);
    if (claim.length + given.length > 0) stir();
    if (given.length > 0) await sql.write((tx) => releaseShards(tx, worker, given), { idempotent: true });
    if (claim.length === 0 || hadGap) return;
    const claimed = await sql.write((tx) => claimShards(tx, worker, claim), { idempotent: true });
    hold([...kept, ...claimed]);
  };

  const hold = (leases: readonly (ShardKey & Pick<LeaseView, 'fence'>)[]) => {
    for (const reader of readers) reader.hold(leases.filter(({ queue }) => queue === reader.queue));
  };

  const live = async () => {
    let prepared = false;
    while (!closing.signal.aborted) {
      // Asked once: a beat that was good for the short time must not be followed by the long wait.
      const isRare = isQuiet();
      try {
        if (!prepared) {
          const names = queues.map((queue) => queue.region);
          await sql.write((tx) => prepareLedger(tx, names), { idempotent: true });
          prepared = true;
        }
        await renew(isRare);
      } catch (error) {
        fail(error);
      }
      await sleep(msToNextBeat(isRare && isQuiet()), undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const living = live();

  const stats = () => toStats(readers, totals);
  const hide = showConsumer(stats);

  return {
    stats,
    async close() {
      closing.abort();
      hide();
      await Promise.all([living, ...readers.map((reader) => reader.close())]);
      // Not answered in time: the leases run out by themselves.
      await sql.write((tx) => leave(tx, worker), { idempotent: true }).catch(onFailure);
    },
  };
}

/** Passes on what was not told lately: an outage fails many times a second. */
function createTeller(tell: (error: unknown) => void): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    const now = performance.now();
    if (now - (told.get(message) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return;
    if (told.size >= toldMax) told.clear();
    told.set(message, now);
    tell(error);
  };
}

function toName({ queue, shard }: ShardKey): string {
  return `${queue}/${shard}`;
}
