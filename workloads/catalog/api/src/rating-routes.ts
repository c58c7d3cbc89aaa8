import { averageRating, notFound, sendAccepted, tellSource } from './answers.ts';
import { itemsPath, renderItemPath } from './api-version.ts';
import { isTestData } from './authorization.ts';
import type { CatalogServer, RouteContext } from './route-context.ts';
import { toFutureId, toRequestIdentity } from './request-identity.ts';
import {
  accepted,
  ItemPath,
  needsKey,
  NewRatingBody,
  problems,
  RatingAnswer,
  RatingPath,
  RatingSummaryAnswer,
} from './schemas.ts';

const ratingsPath = `${itemsPath}/:id/ratings` as const;
const ratingPath = `${ratingsPath}/:ratingId` as const;

export function addRatingRoutes(server: CatalogServer, context: RouteContext): void {
  addRatingReads(server, context);
  addRatingWrites(server, context);
}

function addRatingReads(server: CatalogServer, { reads }: RouteContext): void {
  server.get(
    ratingsPath,
    {
      schema: {
        summary: 'Read the average rating of an item',
        params: ItemPath,
        response: { 200: RatingSummaryAnswer, ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const item = tellSource(reply, await reads.item(request.params.id));
      if (item === null) throw notFound('item');
      return { averageRating: averageRating(item), numberOfVotes: item.ratingCount };
    },
  );
  server.get(
    ratingPath,
    {
      schema: {
        summary: 'Read a rating',
        params: RatingPath,
        response: { 200: RatingAnswer, ...problems(400, 404, 503) },
      },
    },
    async (request) => {
      const { id, ratingId } = request.params;
      const rating = await reads.rating({ itemId: id, id: ratingId });
      if (rating === null) throw notFound('rating');
      return rating;
    },
  );
}

function addRatingWrites(server: CatalogServer, { reads, queuedWrites, requireKey }: RouteContext): void {
  server.post(
    ratingsPath,
    {
      schema: {
        summary: 'Rate an item',
        params: ItemPath,
        body: NewRatingBody,
        response: { 202: accepted, ...problems(400, 401, 404, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const itemId = request.params.id;
      const isTest = isTestData(request);
      const identity = toRequestIdentity(request, isTest);
      if (!(await reads.mayExist(itemId))) throw notFound('item');
      const id = toFutureId(identity);
      const body = { id, itemId, ...request.body, creationDate: new Date().toISOString(), isTest };
      await queuedWrites.enqueue({ type: 'add-rating', itemId, body }, identity);
      return sendAccepted(reply, `${renderItemPath(request.params)}/ratings/${id}`);
    },
  );
  server.delete(
    ratingPath,
    {
      onRequest: requireKey,
      schema: {
        summary: 'Delete a rating',
        security: needsKey,
        params: RatingPath,
        response: { 202: accepted, ...problems(400, 401, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id: itemId, ratingId: id } = request.params;
      const identity = toRequestIdentity(request, isTestData(request));
      await queuedWrites.enqueue({ type: 'delete-rating', itemId, body: { id, itemId } }, identity);
      return sendAccepted(reply);
    },
  );
}
