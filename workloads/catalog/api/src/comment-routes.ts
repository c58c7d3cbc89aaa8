import { z } from 'zod';
import { notFound, sendAccepted, tellSource } from './answers.ts';
import { itemsPath, renderItemPath } from './api-version.ts';
import { isTestData } from './authorization.ts';
import type { CatalogServer, RouteContext } from './route-context.ts';
import { toFutureId, toRequestIdentity } from './request-identity.ts';
import {
  accepted,
  CommentAnswer,
  CommentPath,
  CommentsQuery,
  ItemPath,
  needsKey,
  NewCommentBody,
  problems,
} from './schemas.ts';

const commentsPath = `${itemsPath}/:id/comments` as const;
const commentPath = `${commentsPath}/:commentId` as const;

export function addCommentRoutes(server: CatalogServer, context: RouteContext): void {
  addCommentReads(server, context);
  addCommentWrites(server, context);
}

function addCommentReads(server: CatalogServer, { reads }: RouteContext): void {
  server.get(
    commentsPath,
    {
      schema: {
        summary: 'List the comments of an item, newest first',
        params: ItemPath,
        querystring: CommentsQuery,
        response: { 200: z.array(CommentAnswer), ...problems(400, 503) },
      },
    },
    async (request, reply) => tellSource(reply, await reads.comments(request.params.id, request.query.limit)),
  );
  server.get(
    commentPath,
    {
      schema: {
        summary: 'Read a comment',
        params: CommentPath,
        response: { 200: CommentAnswer, ...problems(400, 404, 503) },
      },
    },
    async (request) => {
      const { id, commentId } = request.params;
      const comment = await reads.comment({ itemId: id, id: commentId });
      if (comment === null) throw notFound('comment');
      return comment;
    },
  );
}

function addCommentWrites(server: CatalogServer, { reads, queuedWrites, requireKey }: RouteContext): void {
  server.post(
    commentsPath,
    {
      schema: {
        summary: 'Comment on an item',
        params: ItemPath,
        body: NewCommentBody,
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
      await queuedWrites.enqueue({ type: 'add-comment', itemId, body }, identity);
      return sendAccepted(reply, `${renderItemPath(request.params)}/comments/${id}`);
    },
  );
  server.delete(
    commentPath,
    {
      onRequest: requireKey,
      schema: {
        summary: 'Delete a comment',
        security: needsKey,
        params: CommentPath,
        response: { 202: accepted, ...problems(400, 401, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id: itemId, commentId: id } = request.params;
      const identity = toRequestIdentity(request, isTestData(request));
      await queuedWrites.enqueue({ type: 'delete-comment', itemId, body: { id, itemId } }, identity);
      return sendAccepted(reply);
    },
  );
}
