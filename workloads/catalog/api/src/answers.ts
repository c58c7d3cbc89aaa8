import type { ItemRow } from '#db/items.ts';
import type { CachedValue } from '@alwayson/sdk/cached-reader.ts';
import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyReply } from 'fastify';
import type { ItemAnswer } from './schemas.ts';

/** Tells where a read came from (RFC 9211): a negative `ttl` is a stale value, as no store answered in time. */
export function tellSource<T>(reply: FastifyReply, { value, source, ageMs }: CachedValue<T>): T {
  const ageSeconds = Math.floor(ageMs / 1000);
  const status = { cache: 'hit', store: 'fwd=miss', stale: `hit; ttl=-${ageSeconds}` }[source];
  reply.headers({
    age: String(ageSeconds),
    'cache-control': 'no-cache',
    'cache-status': `catalog; ${status}`,
  });
  return value;
}

export function averageRating({ ratingCount, ratingSum }: ItemRow): number | null {
  return ratingCount === 0 ? null : ratingSum / ratingCount;
}

export function toItemAnswer(item: ItemRow): ItemAnswer {
  const { id, name, description, imageUrl, price, lastUpdated } = item;
  return { id, name, description, imageUrl, price, lastUpdated, rating: averageRating(item) };
}

export function notFound(what: 'item' | 'comment' | 'rating'): HttpProblem {
  return new HttpProblem(404, 'NOT_FOUND', { detail: `There is no ${what} with this id.` });
}

/** 202 without a body: the queue holds it, and this is where it will be found. */
export function sendAccepted(reply: FastifyReply, location?: string): FastifyReply {
  if (location !== undefined) reply.header('location', location);
  return reply.status(202).send();
}

/** 304 without a body. */
export function sendNotModified(reply: FastifyReply): FastifyReply {
  return reply.status(304).send();
}
