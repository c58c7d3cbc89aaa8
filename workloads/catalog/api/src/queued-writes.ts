import type { QueueEntries } from '#db/queue-entries.ts';
import type { QueueProducer } from '@alwayson/sdk/queue/producer.ts';
import type { DependencyReporter } from '@alwayson/sdk/readiness.ts';
import { keyReused, type RequestIdentity } from './request-identity.ts';

export interface QueuedWrites {
  /**
   * Returns when the queue holds it as durably as the manifest says. All writes of an item go one after the other.
   * Throws a 422 when the key stands for another request, AON_QUEUE or AON_COPY_MISSING when no queue takes it.
   */
  enqueue<Type extends keyof QueueEntries>(
    entry: { type: Type; itemId: string; body: QueueEntries[Type] },
    identity: RequestIdentity,
  ): Promise<void>;
}

export function createQueuedWrites(producer: QueueProducer, reporter: DependencyReporter): QueuedWrites {
  return {
    async enqueue({ type, itemId, body }, { key, fingerprint }) {
      const request = key === undefined ? {} : { idempotencyKey: key, fingerprint };
      const result = await producer
        .enqueue({ key: itemId, type, body, ...request })
        .catch((error: unknown) => {
          reporter.failed(error instanceof Error ? error.message : String(error));
          throw error;
        });
      reporter.succeeded();
      if (result.status === 'conflict') throw keyReused();
    },
  };
}
