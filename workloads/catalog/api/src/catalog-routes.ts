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
import { addCommentRoutes } from './comment-routes.ts';
import { addItemRoutes } from './item-routes.ts';
import type { ItemWrites } from './item-writes.ts';
import type { QueuedWrites } from './queued-writes.ts';
import { addRatingRoutes } from './rating-routes.ts';

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

/** Everything below `/catalogservice/api/:version/`. */
export function addCatalogRoutes(server: CatalogServer, context: RouteContext): void {
  addItemRoutes(server, context);
  addCommentRoutes(server, context);
  addRatingRoutes(server, context);
}
