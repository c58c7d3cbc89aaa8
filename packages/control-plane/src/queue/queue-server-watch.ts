import type { QueueServerFacts } from '@alwayson/core/queue/queue-facts.ts';
import { connectQueueProcess, type QueueProcess } from '@alwayson/engines/redis/queue-process.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { UnitState } from '@alwayson/protocol/units.ts';
import type { ZoneObservation } from '../placement/placement.ts';
import { queueUnitId } from './queue-units.ts';

/** Tried twice before a server counts as not answering. */
const probeTimeoutMs = 600;

export interface QueueServerWatch {
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  observe(host: ZoneObservation): Promise<QueueServerFacts>;
  /** The process that was observed last; throws AON_QUEUE when there is none. */
  process(): QueueProcess;
  close(): void;
}

interface WatchOptions {
  zone: string;
  address: string;
  port: number;
  password: string;
  now: () => number;
  /** The zone whose queue server is at `address:port`. */
  zoneOf(server: string): string | null;
}

/** Keeps one connection to a queue server and turns what it and its host say into facts. */
export function createQueueServerWatch(options: WatchOptions): QueueServerWatch {
  const { zone, address, port, password, now, zoneOf } = options;
  let current: QueueProcess | null = null;
  let since = now();

  const probe = async () => {
    if (current !== null && !current.isOpen) drop();
    current ??= await connectQueueProcess({ address, port, password }, probeTimeoutMs);
    return current.report();
  };
  const drop = () => {
    current?.close();
    current = null;
  };
  const probeTwice = async () => {
    try {
      return await probe();
    } catch (error) {
      drop();
      if (isRefused(error)) throw error;
      return await probe();
    }
  };

  return {
    zone,
    address,
    port,
    async observe(host) {
      const unit = toUnit(host);
      try {
        const report = await probeTwice();
        since = now();
        const follows = report.follows === null ? null : zoneOf(report.follows);
        return { zone, contact: 'answers', since, unit, process: { ...report, follows } };
      } catch (error) {
        drop();
        return { zone, contact: isRefused(error) ? 'refused' : 'silent', since, unit, process: null };
      }
    },
    process() {
      if (current === null)
        throw new AlwaysOnError('AON_QUEUE', `The queue server of ${zone} does not answer.`);
      return current;
    },
    close: drop,
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

const unitStates: Record<UnitState, QueueServerFacts['unit']> = {
  starting: 'running',
  ready: 'running',
  failing: 'running',
  stopping: 'running',
  stopped: 'stopped',
  exited: 'down',
  held: 'down',
};

function toUnit({ zone, contact, host }: ZoneObservation): QueueServerFacts['unit'] {
  if (contact !== 'connected') return 'unknown';
  const unit = host?.units.find(({ id }) => id === queueUnitId(zone));
  return unit === undefined ? 'unknown' : unitStates[unit.state];
}
