import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { queueKeys, queueShards } from '@alwayson/protocol/workload-environment.ts';

/** A write that is to be applied later. */
export interface QueueWrite {
  /** Writes of one key are applied in the order in which they were accepted. */
  key: string;
  /** Chooses the handler that applies it. */
  type: string;
  /**
   * Anything JSON can say. It must carry its own identity (an id chosen by the caller): after a failure in the middle
   * the same write may be in two regions' queues, and applying it again must change nothing.
   */
  body: unknown;
  /** Kept for 24 h: the same key and fingerprint is one write. */
  idempotencyKey?: string;
  /** What makes two requests the same; type, key and body when absent. */
  fingerprint?: string;
}

/** A write as it goes over the wire. */
export interface PreparedWrite {
  shard: number;
  /** The key of its idempotency record; a fixed one when it has no idempotency key. */
  idempotency: string;
  fingerprint: string;
  fields: string[];
}

export function prepareWrite({ key, type, body, idempotencyKey, fingerprint }: QueueWrite): PreparedWrite {
  const text = JSON.stringify(body ?? null);
  const repeatable = idempotencyKey !== undefined;
  return {
    shard: toShard(key),
    // Hashed: what users send as a key has no bound that a queue should keep.
    idempotency: queueKeys.idempotency(repeatable ? digest(idempotencyKey) : ''),
    fingerprint: repeatable ? digest(fingerprint ?? JSON.stringify([type, key, text])) : '',
    fields: ['k', key, 't', type, 'b', text, ...(repeatable ? ['i', idempotencyKey] : [])],
  };
}

/** The same write with the trace that it belongs to; what makes two writes the same is left alone. */
export function withTrace(write: PreparedWrite, traceparent: string | undefined): PreparedWrite {
  return traceparent === undefined ? write : { ...write, fields: [...write.fields, 'w', traceparent] };
}

function toShard(key: string): number {
  return crc32(key) % queueShards;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
