import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import {
  HistoryCheck,
  HistoryQuery,
  PreviewRequest,
  PreviewToken,
  ReleaseHistory,
  RolloutPlanning,
} from '@alwayson/protocol/release-api.ts';
import {
  DeployRequest,
  type HistoryEntry,
  ListedRelease,
  RollbackRequest,
  RolloutOrder,
  RolloutPlan,
  RolloutReport,
} from '@alwayson/protocol/releases.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findRelease } from '../releases/find-release.ts';
import { createPlannings } from '../releases/plannings.ts';

/** What the API asks of whoever brings releases into traffic. */
export interface ReleaseBoard {
  list(): ListedRelease[];
  /** The one that runs, else the one that ended last. */
  report(): RolloutReport | null;
  rollout(id: string): Promise<RolloutReport | null>;
  /** Newest last. */
  history(query: HistoryQuery): Promise<HistoryEntry[]>;
  verifyHistory(): Promise<HistoryCheck>;
  /** Prepares the release first, which may take minutes. */
  plan(request: DeployRequest): Promise<RolloutPlan>;
  planRollback(request: RollbackRequest): Promise<RolloutPlan>;
  /** Answers when it is journaled or queued, before anything is prepared. */
  deploy(request: DeployRequest): Promise<RolloutReport>;
  rollback(request: RollbackRequest): Promise<RolloutReport>;
  order(request: RolloutOrder): Promise<RolloutReport>;
  previewToken(request: PreviewRequest): PreviewToken;
}

/** A deploy carries a whole manifest. */
const manifestBytesMax = 1024 * 1024;
const security = [{ operator: [] }];

/** The releases of protocol/control-api.ts. A change is answered 202: its operation goes on until it has ended. */
export function registerReleaseRoutes(server: FastifyInstance, board: ReleaseBoard): void {
  registerReads(server, board);
  registerPlans(server, board);
  registerChanges(server, board);
}

function registerReads(server: FastifyInstance, board: ReleaseBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const list = { summary: 'Releases that are kept, newest first', response: { 200: z.array(ListedRelease) } };
  api.get('/api/releases', { schema: list }, () => board.list());
  const one = {
    summary: 'One release, by version or digest',
    params: z.object({ ref: z.string() }),
    response: { 200: ListedRelease },
  };
  api.get('/api/releases/:ref', { schema: one }, ({ params }) => findRelease(board.list(), params.ref));
  const current = {
    summary: 'The rollout that runs, else the one that ended last',
    response: { 200: RolloutReport },
  };
  api.get('/api/rollout', { schema: current }, () => {
    const report = board.report();
    if (report !== null) return report;
    throw new AlwaysOnError('AON_ROLLOUT_NONE', 'Nothing was rolled out yet.');
  });
  const rollout = {
    summary: 'One rollout',
    params: z.object({ id: z.string() }),
    response: { 200: RolloutReport },
  };
  api.get('/api/rollouts/:id', { schema: rollout }, async ({ params: { id } }) => {
    const report = await board.rollout(id);
    if (report !== null) return report;
    throw new AlwaysOnError('AON_NOT_FOUND', `There is no rollout ${id}.`);
  });
  const history = {
    summary: 'Release history, newest last',
    querystring: HistoryQuery,
    response: { 200: ReleaseHistory },
  };
  api.get('/api/release-history', { schema: history }, ({ query }) => board.history(query));
  const verify = { summary: 'Is the release history whole?', response: { 200: HistoryCheck } };
  api.get('/api/release-history/verify', { schema: verify }, () => board.verifyHistory());
}

function registerPlans(server: FastifyInstance, board: ReleaseBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const plannings = createPlannings(Date.now);
  const plan = {
    summary: 'Prepare a release, and say exactly what a deploy of it would do',
    body: DeployRequest,
    response: { 202: RolloutPlanning },
    security,
  };
  api.post('/api/releases/plan', { schema: plan, bodyLimit: manifestBytesMax }, async ({ body }, reply) =>
    reply.status(202).send(plannings.begin(() => board.plan(body))),
  );
  const made = {
    summary: 'A plan, null while it is being made',
    params: z.object({ id: z.string() }),
    response: { 200: RolloutPlanning },
  };
  api.get('/api/releases/plans/:id', { schema: made }, ({ params }) => plannings.find(params.id));
  const back = {
    summary: 'Say exactly what a rollback would do',
    body: RollbackRequest,
    response: { 200: RolloutPlan },
    security,
  };
  api.post('/api/rollback/plan', { schema: back }, ({ body }) => board.planRollback(body));
}

function registerChanges(server: FastifyInstance, board: ReleaseBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const response = { 202: RolloutReport };
  const deploy = {
    summary: 'Bring a release into traffic, step by step',
    body: DeployRequest,
    response,
    security,
  };
  api.post('/api/releases/deploy', { schema: deploy, bodyLimit: manifestBytesMax }, async ({ body }, reply) =>
    reply.status(202).send(await board.deploy(body)),
  );
  const rollback = { summary: 'Bring a former release back', body: RollbackRequest, response, security };
  api.post('/api/rollback', { schema: rollback }, async ({ body }, reply) =>
    reply.status(202).send(await board.rollback(body)),
  );
  const order = {
    summary: 'Promote, pause, resume or abort the rollout that runs',
    body: RolloutOrder,
    response,
    security,
  };
  api.post('/api/rollout/order', { schema: order }, async ({ body }, reply) =>
    reply.status(202).send(await board.order(body)),
  );
  const preview = {
    summary: 'A token that leads its requests to the stamps of a release',
    body: PreviewRequest,
    response: { 200: PreviewToken },
    security,
  };
  api.post('/api/previews', { schema: preview }, ({ body }) => board.previewToken(body));
}
