import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { notFound, sendAccepted, sendNotModified, tellSource, toItemAnswer } from './answers.ts';
import { itemsPath, renderItemPath } from './api-version.ts';
import { isTestData } from './authorization.ts';
import type { CatalogServer, RouteContext } from './route-context.ts';
import { parseCursor, renderCursor } from './item-cursor.ts';
import { hasAnswer, renderEtag } from './item-etag.ts';
import type { ItemOutcome } from './item-writes.ts';
import { toFutureId, toRequestIdentity } from './request-identity.ts';
import {
  accepted,
  ItemAnswer,
  ItemChangeBody,
  ItemPath,
  ItemSummaryAnswer,
  ItemsPath,
  ItemsQuery,
  needsKey,
  NewItemBody,
  problems,
} from './schemas.ts';

const itemPath = `${itemsPath}/:id` as const;

export function addItemRoutes(server: CatalogServer, context: RouteContext): void {
  addItemReads(server, context);
  addSynchronousWrites(server, context);
  server.delete(
    itemPath,
    {
      onRequest: context.requireKey,
      schema: {
        summary: 'Delete an item with its comments and ratings',
        security: needsKey,
        params: ItemPath,
        response: { 202: accepted, ...problems(400, 401, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const identity = toRequestIdentity(request, isTestData(request));
      await context.queuedWrites.enqueue({ type: 'delete-item', itemId: id, body: { itemId: id } }, identity);
      return sendAccepted(reply);
    },
  );
}

function addItemReads(server: CatalogServer, { reads }: RouteContext): void {
  server.get(
    itemsPath,
    {
      schema: {
        summary: 'List items by name',
        params: ItemsPath,
        querystring: ItemsQuery,
        response: { 200: z.array(ItemSummaryAnswer), ...problems(400, 503) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      const items = tellSource(reply, await reads.items({ limit, after }));
      const last = items.at(-1);
      if (last !== undefined && items.length === limit) {
        const path = itemsPath.replace(':version', request.params.version);
        reply.header('link', `<${path}?limit=${limit}&cursor=${renderCursor(last)}>; rel="next"`);
      }
      return items;
    },
  );
  server.get(
    itemPath,
    {
      schema: {
        summary: 'Read an item',
        params: ItemPath,
        response: { 200: ItemAnswer, 304: z.null(), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const item = tellSource(reply, await reads.item(request.params.id));
      if (item === null) throw notFound('item');
      const etag = renderEtag(item);
      reply.header('etag', etag);
      const seen = request.headers['if-none-match'];
      if (seen !== undefined && hasAnswer(seen, etag)) return sendNotModified(reply);
      return toItemAnswer(item);
    },
  );
}

function addSynchronousWrites(server: CatalogServer, { itemWrites, reads, requireKey }: RouteContext): void {
  server.post(
    itemsPath,
    {
      onRequest: requireKey,
      schema: {
        summary: 'Create an item',
        security: needsKey,
        params: ItemsPath,
        body: NewItemBody,
        response: { 201: ItemAnswer, ...problems(400, 401, 409, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const isTest = isTestData(request);
      const identity = toRequestIdentity(request, isTest);
      const { id = toFutureId(identity), imageUrl = null, ...content } = request.body;
      const outcome = await itemWrites.create({ ...content, id, imageUrl, isTest }, identity);
      await reads.refreshItem(id);
      reply.status(201).header('location', renderItemPath({ version: request.params.version, id }));
      return toAnswer(outcome, reply);
    },
  );
  server.put(
    itemPath,
    {
      onRequest: requireKey,
      schema: {
        summary: 'Change the fields given of an item',
        security: needsKey,
        params: ItemPath,
        body: ItemChangeBody,
        response: { 200: ItemAnswer, ...problems(400, 401, 404, 412, 413, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const identity = toRequestIdentity(request, isTestData(request));
      const ifMatch = request.headers['if-match'];
      const outcome = await itemWrites.change({ id, change: request.body, ifMatch }, identity);
      await reads.refreshItem(id);
      return toAnswer(outcome, reply);
    },
  );
}

function toAnswer(outcome: ItemOutcome, reply: FastifyReply): ItemAnswer {
  switch (outcome.status) {
    case 'done':
      reply.header('etag', renderEtag(outcome.item));
      return toItemAnswer(outcome.item);
    case 'missing':
      throw notFound('item');
    case 'taken':
      throw new HttpProblem(409, 'ALREADY_EXISTS', {
        detail: 'An item with this id and other content exists.',
      });
    case 'changed':
      throw new HttpProblem(412, 'CHANGED_MEANWHILE', {
        detail: 'The item was changed since it was read. Read it again and decide again.',
      });
  }
}
