import { parseTraceparent } from '@alwayson/protocol/trace-parent.ts';
import type { RawEntry } from '../queue/queue-entry.ts';
import { toTime } from '../queue/queue-entry.ts';
import { currentTracer, inSpan, type SpanFacts } from './tracer.ts';

const queue = { 'messaging.system': 'redis' } as const;

/** Runs the sending of a write in a producer span; `traceparent` is to travel with it, so that its trace goes on. */
export function traceSend<T>(
  { type, shard }: { type: string; shard: number },
  send: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const describe = (): SpanFacts => ({
    name: `send ${type}`,
    kind: 'producer',
    attributes: {
      ...queue,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': type,
      'messaging.destination.partition.id': String(shard),
    },
  });
  return inSpan(describe, (span) => send(span?.traceparent));
}

export interface TracedBatch {
  /** The region of the queue. */
  queue: string;
  shard: number;
  entries: readonly RawEntry[];
}

/**
 * Runs the applying of a batch in consumer spans, one for each entry whose trace is kept, in that trace. The work itself shows
 * in the first of these traces; the others link to it.
 */
export async function traceBatch<T>(batch: TracedBatch, apply: () => Promise<T>): Promise<T> {
  const tracer = currentTracer();
  if (tracer === null) return apply();
  const [first, ...others] = batch.entries.filter((entry) => parseTraceparent(entry.traceparent)?.sampled);
  if (first === undefined) return apply();
  const lead = tracer.start(toFacts(first, batch));
  const linked = others.map((entry) => tracer.start({ ...toFacts(entry, batch), link: lead.traceparent }));
  const end = (failure?: unknown) => {
    for (const span of [lead, ...linked]) span.end(failure);
  };
  try {
    const result = await lead.run(apply);
    end();
    return result;
  } catch (error) {
    end(error);
    throw error;
  }
}

function toFacts(
  { id, type, traceparent }: RawEntry,
  { queue: region, shard, entries }: TracedBatch,
): SpanFacts {
  return {
    name: `process ${type}`,
    kind: 'consumer',
    parent: traceparent,
    attributes: {
      ...queue,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': type,
      'messaging.destination.partition.id': String(shard),
      'messaging.message.id': id,
      'messaging.batch.message_count': entries.length,
      'alwayson.queue.region': region,
      'alwayson.queue.wait_ms': Math.max(0, Date.now() - toTime(id)),
    },
  };
}
