import { setTimeout as sleep } from 'node:timers/promises';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import type { QueuePolicy } from '@alwayson/core/queue/queue-facts.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { createUnitApplier } from '../estate/unit-applier.ts';
import { renderQueueUnits } from './queue-units.ts';
import { createRegionQueue, type RegionQueue } from './region-queue.ts';

const partMs = 2000;

export interface QueueController extends Controller {
  status(): Status['queues'];
  /** One for each region; none when the workload has no queue. */
  readonly queues: readonly Pick<RegionQueue, 'region' | 'content' | 'putBack'>[];
}

/** Runs the queue pair and the cache of every region, and decides which server of a pair accepts writes. */
export function createQueueController(context: ControllerContext): QueueController {
  const { environment, manifest, placement, journal } = context;
  const regions = toRegions(environment);
  const units = new Map(regions.flatMap((region) => [...renderQueueUnits(environment, manifest, region)]));
  const applier = createUnitApplier(placement, journal);
  const policy = toPolicy(manifest);
  const queues = policy === null ? [] : regions.map((region) => createRegionQueue(context, region, policy));
  const parts = [() => applier.apply(units), ...queues.map(({ tick }) => tick)].map(createPart);
  return {
    name: 'queue',
    isWatchful: true,
    async tick(signal) {
      const results = await Promise.allSettled(parts.map((part) => part(signal)));
      const failed = results.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    },
    queues,
    status: () => queues.map((queue) => queue.status()),
    async close() {
      for (const queue of queues) queue.close();
    },
  };
}

/** Part of a tick that may outlast it: a zone that is slow to answer must not hold up the queues of the others. */
function createPart(run: (signal: AbortSignal) => Promise<void>): (signal: AbortSignal) => Promise<void> {
  let running: Promise<void> | null = null;
  let failure: { error: unknown } | null = null;
  const start = async (signal: AbortSignal) => {
    try {
      await run(signal);
    } catch (error) {
      failure = { error };
    } finally {
      running = null;
    }
  };
  return async (signal) => {
    running ??= start(signal);
    await Promise.race([running, sleep(partMs, undefined, { ref: false })]);
    if (failure === null) return;
    const { error } = failure;
    failure = null;
    throw error;
  };
}

/** Null when the workload has no queue. */
function toPolicy(manifest: Manifest): QueuePolicy | null {
  const store = manifest.stores.find(({ kind }) => kind === 'queue');
  if (store === undefined) return null;
  const { durability, whenCopyLost } = store;
  return {
    copies: durability === 'replicated' ? 2 : 1,
    whenCopyLost,
    silentMs: 2000,
    frozenMs: 6000,
    patienceMs: 10_000,
  };
}
