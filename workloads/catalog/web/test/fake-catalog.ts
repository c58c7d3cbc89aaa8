import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createSampleItems, renderPicture } from './sample-goods.ts';

/**
 * The catalog's API as its contract describes it, in memory, with faults at the press of a button; every other path is
 * passed on to the web front end, as the gateway does. For tests of the pages only.
 */
export interface FakeCatalog {
  server: FastifyInstance;
  /** Asked before each API request; an answer replaces the real one, `drop` closes the connection without one. */
  fault: ((request: SeenRequest) => Fault | undefined) | undefined;
  seen: SeenRequest[];
  /** How long a 202 takes to become visible. */
  visibleAfterMs: number;
  commentsOf: (itemId: string) => FakeComment[];
}

export interface SeenRequest {
  method: string;
  path: string;
  idempotencyKey: string | undefined;
  body: unknown;
}

export type Fault = 'drop' | { status: number; retryAfter?: string; correlationId?: string };

interface FakeComment {
  id: string;
  catalogItemId: string;
  authorName: string;
  text: string;
  creationDate: string;
  visibleFrom: number;
}

interface FakeRating {
  id: string;
  catalogItemId: string;
  rating: number;
  creationDate: string;
  visibleFrom: number;
}

const servers = ['west-1-3fa91c-api', 'west-2-3fa91c-api', 'east-1-3fa91c-api'];

export function createFakeCatalog(webOrigin: string): FakeCatalog {
  const server = Fastify({ logger: false, forceCloseConnections: true });
  const fake: FakeCatalog = {
    server,
    fault: undefined,
    seen: [],
    visibleAfterMs: 300,
    commentsOf: (itemId) => comments.filter((comment) => comment.catalogItemId === itemId),
  };
  const items = createSampleItems();
  const comments = createSampleComments(items[0]?.id ?? '');
  const ratings = createSampleRatings(items[0]?.id ?? '');
  const firstAnswers = new Map<string, string>();

  server.addHook('preHandler', (request, reply, done) => {
    if (!request.url.startsWith('/catalogservice/')) return done();
    const seen = toSeen(request);
    fake.seen.push(seen);
    const id = request.headers['x-correlation-id'];
    const answeredBy = servers[fake.seen.length % servers.length] ?? '';
    reply.headers({
      'x-correlation-id': typeof id === 'string' ? id : randomUUID(),
      'x-server-name': answeredBy,
      'x-server-location': answeredBy.split('-', 1)[0] ?? '',
    });
    const fault = fake.fault?.(seen);
    if (fault === undefined) return done();
    if (fault === 'drop') request.raw.socket.destroy();
    else sendFault(reply, fault);
  });

  const root = '/catalogservice/api/:version/catalogitem';
  server.get(root, () =>
    items.map(({ id, name, imageUrl, price, lastUpdated }) => ({ id, name, imageUrl, price, lastUpdated })),
  );
  server.get<{ Params: { id: string } }>(`${root}/:id`, (request, reply) => {
    const item = items.find(({ id }) => id === request.params.id);
    return item ? { ...item, rating: null } : sendFault(reply, { status: 404 });
  });
  addWrites(fake, { root, comments, ratings, firstAnswers });
  server.get<{ Params: { file: string } }>('/images/:file', (request, reply) => {
    const picture = renderPicture(Number.parseInt(request.params.file, 10));
    return picture ? reply.type('image/svg+xml').send(picture) : reply.code(404).send();
  });
  server.get('/*', (request, reply) => passOn(webOrigin, request, reply));
  return fake;
}

interface Collections {
  root: string;
  comments: FakeComment[];
  ratings: FakeRating[];
  /** Idempotency key -> the first answer's Location. */
  firstAnswers: Map<string, string>;
}

interface ItemPath {
  Params: { id: string; other: string };
  Querystring: { limit?: string };
}

function addWrites(fake: FakeCatalog, { root, comments, ratings, firstAnswers }: Collections): void {
  const { server } = fake;
  const isVisible = (entry: { visibleFrom: number }) => entry.visibleFrom <= Date.now();
  const accept = (request: FastifyRequest, reply: FastifyReply, store: (id: string) => void) => {
    const key = String(request.headers['idempotency-key']);
    let location = firstAnswers.get(key);
    if (!location) {
      const id = randomUUID();
      location = `${request.url}/${id}`;
      firstAnswers.set(key, location);
      store(id);
    }
    return reply.code(202).header('location', location).send();
  };
  const stamp = () => ({
    creationDate: new Date().toISOString(),
    visibleFrom: Date.now() + fake.visibleAfterMs,
  });

  server.get<ItemPath>(`${root}/:id/comments`, (request) =>
    comments
      .filter((comment) => comment.catalogItemId === request.params.id && isVisible(comment))
      .slice(0, Number(request.query.limit ?? 10)),
  );
  server.get<ItemPath>(`${root}/:id/comments/:other`, (request, reply) => {
    const comment = comments.find(({ id }) => id === request.params.other);
    return comment && isVisible(comment) ? comment : sendFault(reply, { status: 404 });
  });
  server.post<ItemPath & { Body: { authorName: string; text: string } }>(
    `${root}/:id/comments`,
    (request, reply) =>
      accept(request, reply, (id) =>
        comments.unshift({ id, catalogItemId: request.params.id, ...request.body, ...stamp() }),
      ),
  );
  server.get<ItemPath>(`${root}/:id/ratings`, (request) => {
    const votes = ratings.filter((vote) => vote.catalogItemId === request.params.id && isVisible(vote));
    const sum = votes.reduce((total, vote) => total + vote.rating, 0);
    return { averageRating: votes.length === 0 ? null : sum / votes.length, numberOfVotes: votes.length };
  });
  server.get<ItemPath>(`${root}/:id/ratings/:other`, (request, reply) => {
    const vote = ratings.find(({ id }) => id === request.params.other);
    return vote && isVisible(vote) ? vote : sendFault(reply, { status: 404 });
  });
  server.post<ItemPath & { Body: { rating: number } }>(`${root}/:id/ratings`, (request, reply) =>
    accept(request, reply, (id) =>
      ratings.push({ id, catalogItemId: request.params.id, rating: request.body.rating, ...stamp() }),
    ),
  );
}

function toSeen(request: FastifyRequest): SeenRequest {
  const key = request.headers['idempotency-key'];
  return {
    method: request.method,
    path: request.url,
    idempotencyKey: typeof key === 'string' ? key : undefined,
    body: request.body,
  };
}

function sendFault(reply: FastifyReply, fault: Exclude<Fault, 'drop'>): FastifyReply {
  const correlationId = fault.correlationId ?? String(reply.getHeader('x-correlation-id'));
  if (fault.retryAfter !== undefined) reply.header('retry-after', fault.retryAfter);
  return reply.code(fault.status).type('application/problem+json').send({
    type: 'about:blank',
    title: 'AON_TEST',
    status: fault.status,
    code: 'AON_TEST',
    detail: 'A fault that a test asked for.',
    correlationId,
  });
}

async function passOn(webOrigin: string, request: FastifyRequest, reply: FastifyReply) {
  const { accept = '*/*' } = request.headers;
  const response = await fetch(webOrigin + request.url, { headers: { accept } });
  for (const name of ['content-type', 'content-security-policy', 'x-content-type-options', 'cache-control']) {
    const value = response.headers.get(name);
    if (value !== null) reply.header(name, value);
  }
  return reply.code(response.status).send(Buffer.from(await response.arrayBuffer()));
}

function createSampleComments(catalogItemId: string): FakeComment[] {
  const words: [string, string][] = [
    ['Marta', 'Took it over the pass in March. It came back with a dent and better stories than mine.'],
    ['Jonas H.', 'Bought one, went back for three more.\nThe whole family drinks from them now.'],
    ['Édith', 'Smaller than I thought, and just right.'],
  ];
  return words.map(([authorName, text], index) => ({
    id: randomUUID(),
    catalogItemId,
    authorName,
    text,
    creationDate: new Date(Date.now() - (index + 1) * 31 * 3_600_000).toISOString(),
    visibleFrom: 0,
  }));
}

function createSampleRatings(catalogItemId: string): FakeRating[] {
  return [5, 4, 4, 5, 3].map((rating) => ({
    id: randomUUID(),
    catalogItemId,
    rating,
    creationDate: new Date().toISOString(),
    visibleFrom: 0,
  }));
}
