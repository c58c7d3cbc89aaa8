import type { RegionPlan } from '@alwayson/core/estate/topology.ts';
import { decideQueue, type QueueAction, type QueueEvent } from '@alwayson/core/queue/decide-queue.ts';
import type { QueuePolicy } from '@alwayson/core/queue/queue-facts.ts';
import { firstQueueRecord, type QueueRecord } from '@alwayson/core/queue/queue-record.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { QueueContent } from '@alwayson/protocol/queue-content.ts';
import type { Event } from '@alwayson/protocol/operations.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';
import { createQueueServerWatch, type QueueServerWatch } from './queue-server-watch.ts';
import { queueUnitId, queueZones } from './queue-units.ts';

const Record = z.object({
  term: z.int().nonnegative(),
  primary: z.string(),
  primaryRun: z.string().nullable(),
  replicaRun: z.string().nullable(),
  inSync: z.boolean(),
});

/** One decision often opens the way for the next; more than these wait for the next tick. */
const roundsMax = 4;
const confirmCopyMs = 1000;
/** A little less than five ticks, which are not exact. */
const slowEveryMs = 4900;

type QueueStatus = Status['queues'][number];

/** Of one queue that is kept in a backup. */
const keptBytesMax = 32 * 1024 * 1024;

export interface RegionQueue {
  readonly region: string;
  tick(signal: AbortSignal): Promise<void>;
  status(): QueueStatus;
  /** What waits in it. Throws AON_QUEUE when nobody can be asked. */
  content(): Promise<QueueContent>;
  /** In front of what waits; returns how many were not there any more. May be repeated. Throws AON_QUEUE as `content`. */
  putBack(content: Pick<QueueContent, 'incarnations' | 'streams'>, withinMs: number): Promise<number>;
  close(): void;
}

/** Observes a region's pair of queue servers, lets `core` decide, and carries it out. */
export function createRegionQueue(
  context: ControllerContext,
  region: RegionPlan,
  policy: QueuePolicy,
): RegionQueue {
  const { environment, placement, records, journal, now } = context;
  const zones = queueZones(region);
  const name = `queue-${region.name}`;
  const port = zonePorts.redisQueue;
  const zoneOf = (server: string) =>
    zones.find(({ address }) => server === `${address}:${port}`)?.name ?? null;
  const { redis: password } = environment.passwords;
  const watch = ({ name: zone, address }: (typeof zones)[number]) =>
    createQueueServerWatch({ zone, address, port, password, now, zoneOf });
  const watches: [QueueServerWatch, QueueServerWatch] = [watch(zones[0]), watch(zones[1])];
  let status = toUnknown(region.name, policy);

  const slow = createSlowLook(now);

  const read = () => records.read(name, Record, firstQueueRecord(zones[0].name));
  /** Of the record that is being decided on: another writer in between makes the commit fail. */
  let version = 0;

  const watchOf = (zone: string) => {
    const found = watches.find((candidate) => candidate.zone === zone);
    if (found === undefined) throw new Error(`${zone} holds no queue of region ${region.name}.`);
    return found;
  };

  const commit = (record: QueueRecord, event: QueueEvent) => {
    version = records.commit(name, version, record);
    const { severity, message } = describe(event, record, region.name);
    journal.event({ severity, type: `queue.${event}`, entity: name, message, data: { ...record } });
  };

  const perform = async (action: QueueAction) => {
    const { type } = action;
    switch (type) {
      case 'commit':
        return commit(action.record, action.event);
      case 'unfence':
        return watchOf(action.zone).process().unfence(action);
      case 'follow':
        return watchOf(action.zone).process().follow(watchOf(action.primary));
      case 'setCopies':
        return watchOf(action.zone).process().setCopies(action.copies);
      case 'confirmCopy':
        if (await watchOf(action.zone).process().confirmCopy(confirmCopyMs))
          commit(action.record, action.event);
        return;
      case 'start':
      case 'kill':
        await placement.act(action.zone, queueUnitId(action.zone), type);
    }
  };

  const round = async (signal: AbortSignal) => {
    const [one, two] = await Promise.all([
      watches[0].observe(placement.observe(watches[0].zone)),
      watches[1].observe(placement.observe(watches[1].zone)),
    ]);
    const current = read();
    const record = current.value;
    version = current.version;
    const decision = decideQueue(record, [one, two], { policy, now: now() });
    const primary = [one, two].find(({ zone }) => zone === record.primary);
    const served = primary?.process ? watchOf(record.primary) : null;
    const depth = served === null ? null : await depthOf(served);
    status = {
      region: region.name,
      primary: record.term === 0 ? null : queueUnitId(record.primary),
      state: decision.state,
      copies: primary?.process?.copies ?? status.copies,
      depth,
      ...(await slow.look(served, depth)),
      ...(decision.reason === undefined ? {} : { reason: decision.reason }),
    };
    for (const action of decision.actions) {
      signal.throwIfAborted();
      await perform(action);
    }
    return decision.actions.length > 0;
  };

  const serving = () => watchOf(read().value.primary).process();

  return {
    region: region.name,
    content: async () => serving().content(keptBytesMax),
    putBack: async (content, withinMs) => serving().putBack(content, withinMs),
    async tick(signal) {
      for (let n = 0; n < roundsMax && (await round(signal)); n += 1);
    },
    status: () => status,
    close: () => watches.forEach((watched) => watched.close()),
  };
}

function toUnknown(region: string, { copies }: QueuePolicy): QueueStatus {
  return { region, primary: null, state: 'unknown', copies, depth: null };
}

/** Null when it cannot be told, as while the data is loaded. */
async function depthOf(watch: QueueServerWatch): Promise<number | null> {
  try {
    return await watch.process().depth();
  } catch {
    return null;
  }
}

type SlowFacts = Pick<QueueStatus, 'oldestAgeMs' | 'oldestAgeAt' | 'memoryUsedRatio'>;

/** Looks from time to time at how old the oldest entry is, and how full the server. */
function createSlowLook(now: () => number) {
  let seen: { facts: SlowFacts; at: number } | null = null;
  return {
    /** What was seen last; nothing while the server cannot be asked. */
    async look(watch: QueueServerWatch | null, depth: number | null): Promise<SlowFacts> {
      const isDue = seen === null || now() - seen.at >= slowEveryMs;
      if (watch === null) seen = null;
      else if (isDue) seen = await lookAt(watch, depth, now);
      return seen?.facts ?? {};
    },
  };
}

async function lookAt(watch: QueueServerWatch, depth: number | null, now: () => number) {
  try {
    const [oldestAgeMs, memoryUsedRatio] = await Promise.all([
      depth === 0 ? 0 : watch.process().oldestAgeMs(),
      watch.process().memoryUsedRatio(),
    ]);
    const at = now();
    const memory = memoryUsedRatio === null ? {} : { memoryUsedRatio };
    return { facts: { oldestAgeMs, oldestAgeAt: new Date(at).toISOString(), ...memory }, at };
  } catch {
    return null;
  }
}

function describe(
  event: QueueEvent,
  { primary, term }: QueueRecord,
  region: string,
): { severity: Event['severity']; message: string } {
  const queue = `the queue of ${region}`;
  switch (event) {
    case 'chosen':
      return { severity: 'info', message: `${primary} accepts the writes of ${queue} (term ${term}).` };
    case 'promoted':
      return { severity: 'warning', message: `${primary} took over ${queue} (term ${term}).` };
    case 'restarted':
      return { severity: 'warning', message: `${primary} was restarted and goes on with ${queue}.` };
    case 'copy-lost':
      return { severity: 'warning', message: `The second copy of ${queue} is gone.` };
    case 'copy-confirmed':
      return { severity: 'info', message: `Every write of ${queue} is kept in two copies.` };
  }
}
