import type {
  FastifyBaseLogger,
  FastifyInstance,
  onRequestAsyncHookHandler,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { CatalogReads } from './catalog-reads.ts';
import type { ItemWrites } from './item-writes.ts';
import type { QueuedWrites } from './queued-writes.ts';

export interface CatalogServices {
  reads: CatalogReads;
  itemWrites: ItemWrites;
  queuedWrites: QueuedWrites;
}

export interface RouteContext extends CatalogServices {
  /** For routes that need a valid `X-API-KEY`. */
  requireKey: onRequestAsyncHookHandler;
}

/** A Fastify server whose schemas are zod's. */
export type CatalogServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
