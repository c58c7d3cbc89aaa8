import { setImmediate as nextTurn } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { ListedRelease, RolloutPlan, RolloutReport } from '@alwayson/protocol/releases.ts';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { ReleaseBoard } from '../../src/api/release-routes.ts';
import { createApiServer } from '../../src/api/server.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { openMemoryStore } from '../records/memory-store.ts';
import {
  environmentOf,
  idleSwitchBoard,
  manifestOf,
  nothingMeasured,
  recordingPlacement,
  statusOf,
} from './fixtures.ts';

const operator = { authorization: 'Bearer operator-token' };
const digest = 'ab'.repeat(32);
const sibling = `${'ab'.repeat(31)}cd`;
const listed: ListedRelease = {
  digest,
  version: '1.4.0',
  source: { kind: 'folder', path: '/shop' },
  createdAt: '2026-01-01T10:00:00.000Z',
  createdBy: 'kim',
  files: 12,
  bytes: 3456,
  config: digest,
  migrations: [],
  packages: [],
  state: 'live',
};
const report: RolloutReport = {
  id: 'deploy-1',
  kind: 'deploy',
  release: digest,
  version: '1.4.0',
  from: sibling,
  fromVersion: '1.3.0',
  state: 'running',
  phase: 'prepare',
  step: -1,
  steps: [],
  startedAt: '2026-01-01T10:00:00.000Z',
  phases: [],
  gates: [],
};
const plan: RolloutPlan = {
  planId: 'plan-1',
  kind: 'deploy',
  release: digest,
  version: '1.4.0',
  from: sibling,
  fromVersion: '1.3.0',
  stamps: [],
  steps: [],
  capacity: [],
  schema: { expand: [], contract: [], waiting: [], faults: [] },
  budget: 'normal',
  expectedSeconds: 60,
  pointOfNoReturn: null,
  refusals: [],
};
const deploy = {
  path: '/shop',
  source: { kind: 'folder', path: '/shop' },
  manifest: manifestOf(),
  owner: 'kim',
};

/** A board that writes down what it was asked; what releases do has tests of its own. */
function boardOf(change: Partial<ReleaseBoard> = {}): ReleaseBoard & { asked: unknown[] } {
  const asked: unknown[] = [];
  const take =
    <T>(answer: T) =>
    async (request: unknown) => (asked.push(request), answer);
  return {
    asked,
    list: () => [listed, { ...listed, digest: sibling, version: '1.3.0', state: 'former' }],
    report: () => null,
    rollout: async (id) => (id === 'deploy-1' ? report : null),
    history: async (query) => (asked.push(query), []),
    verifyHistory: async () => ({ entries: 3, whole: false, brokenAt: 2 }),
    plan: take(plan),
    planRollback: take({ ...plan, kind: 'rollback' as const }),
    deploy: take(report),
    rollback: take({ ...report, kind: 'rollback' as const }),
    order: take({ ...report, state: 'held' as const }),
    previewToken: (request) => (asked.push(request), { token: 't', expiresAt: '2026-01-01T10:30:00.000Z' }),
    ...change,
  };
}

async function serve(board: ReleaseBoard) {
  const server: FastifyInstance = await createApiServer({
    environment: environmentOf(),
    manifest: manifestOf(),
    journal: createSqliteJournal(openMemoryStore(), Date.now),
    placement: recordingPlacement(),
    status: statusOf,
    switchBoard: idleSwitchBoard,
    consoleDir: () => null,
    ...nothingMeasured,
    releases: board,
  });
  onTestFinished(() => server.close());
  const post = (path: string, payload: object, headers: Record<string, string> = operator) =>
    server.inject({ method: 'POST', url: `/api/${path}`, payload, headers });
  return { get: (path: string) => server.inject(`/api/${path}`), post };
}

test('releases, rollouts and history are read without a token', async () => {
  const board = boardOf();
  const { get } = await serve(board);
  expect((await get('releases')).json()).toMatchObject([{ version: '1.4.0' }, { version: '1.3.0' }]);
  expect((await get('rollouts/deploy-1')).json()).toEqual(report);
  expect((await get('rollouts/deploy-2')).json()).toMatchObject({ status: 404, code: 'AON_NOT_FOUND' });
  expect((await get('release-history?release=1.4.0&limit=5')).json()).toEqual([]);
  expect((await get('release-history')).json()).toEqual([]);
  expect(board.asked).toEqual([{ release: '1.4.0', limit: 5 }, { limit: 200 }]);
  expect((await get('release-history?limit=0')).json()).toMatchObject({ status: 400, code: 'AON_USAGE' });
  expect((await get('release-history/verify')).json()).toEqual({ entries: 3, whole: false, brokenAt: 2 });
});

test('a release is found by version, digest, or what only its digest begins with', async () => {
  const { get } = await serve(boardOf());
  for (const ref of ['1.3.0', sibling, sibling.slice(0, 63)])
    expect((await get(`releases/${ref}`)).json()).toMatchObject({ version: '1.3.0' });
  expect((await get('releases/ababab')).json()).toMatchObject({
    status: 400,
    detail: expect.stringContaining('1.4.0, 1.3.0'),
  });
  for (const ref of ['ab', '1.5.0', 'abcdef'])
    expect((await get(`releases/${ref}`)).json()).toMatchObject({ status: 404, code: 'AON_NOT_FOUND' });
});

test('the current rollout: none yet is told with a code', async () => {
  const none = await (await serve(boardOf())).get('rollout');
  expect(none.json()).toMatchObject({ status: 409, code: 'AON_ROLLOUT_NONE' });
  const some = await (await serve(boardOf({ report: () => report }))).get('rollout');
  expect(some.json()).toEqual(report);
});

test('deploy, rollback and orders are answered 202 and reach the board whole', async () => {
  const board = boardOf();
  const { post } = await serve(board);
  const requests = [
    ['releases/deploy', deploy],
    ['rollback', { owner: 'kim' }],
    ['rollout/order', { order: 'pause', owner: 'kim', reason: 'lunch' }],
  ] as const;
  const answers = [];
  for (const [path, body] of requests) answers.push(await post(path, body));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202]);
  expect(answers.map((answer) => answer.json())).toMatchObject([
    { id: 'deploy-1', state: 'running' },
    { kind: 'rollback' },
    { state: 'held' },
  ]);
  expect(board.asked).toEqual([
    { ...deploy, override: false },
    { owner: 'kim' },
    { order: 'pause', owner: 'kim', reason: 'lunch' },
  ]);
  const back = await post('rollback/plan', { owner: 'kim', release: '1.3.0' });
  expect([back.statusCode, back.json().kind]).toEqual([200, 'rollback']);
  const preview = await post('previews', { target: '1.4.0' });
  expect(preview.json()).toEqual({ token: 't', expiresAt: '2026-01-01T10:30:00.000Z' });
  expect(board.asked.at(-1)).toEqual({ target: '1.4.0', minutes: 30 });
});

test('no change without the operator token, and none that is not as the contract says', async () => {
  const board = boardOf();
  const { post } = await serve(board);
  for (const path of [
    'releases/plan',
    'releases/deploy',
    'rollback/plan',
    'rollback',
    'rollout/order',
    'previews',
  ])
    expect((await post(path, {}, {})).json()).toMatchObject({ status: 401, code: 'AON_UNAUTHORIZED' });
  const wrong = [
    ['releases/deploy', { ...deploy, path: 'shop' }],
    ['releases/deploy', { ...deploy, version: 'one two' }],
    ['releases/plan', { owner: 'kim' }],
    ['rollout/order', { order: 'stop', owner: 'kim' }],
    ['previews', { target: '1.4.0', minutes: 100_000 }],
  ] as const;
  for (const [path, body] of wrong)
    expect((await post(path, body)).json()).toMatchObject({ status: 400, code: 'AON_USAGE' });
  expect(board.asked).toEqual([]);
});

test('a manifest may be large where one is taken, and nowhere else', async () => {
  const board = boardOf();
  const { post } = await serve(board);
  const description = 'x'.repeat(40);
  const flows = Array.from({ length: 100 }, (_, index) => ({
    name: `flow-${index}`,
    path: ['api'],
    requests: Array.from({ length: 20 }, (_each, n) => ({ path: `/${description}/${n}` })),
  }));
  const large = { ...deploy, manifest: { ...manifestOf(), flows } };
  expect(JSON.stringify(large).length).toBeGreaterThan(64 * 1024);
  expect((await post('releases/deploy', large)).statusCode).toBe(202);
  expect((await post('releases/plan', large)).statusCode).toBe(202);
  expect((await post('rollback', { owner: 'kim', release: 'x'.repeat(70_000) })).statusCode).toBe(400);
  expect((await post('releases/deploy', { ...deploy, reason: 'x'.repeat(1_100_000) })).statusCode).toBe(400);
  expect(board.asked).toHaveLength(2);
});

test('a refusal of the board keeps its code', async () => {
  const running = () => Promise.reject(new AlwaysOnError('AON_ROLLOUT_RUNNING', '1.3.1 is on its way.'));
  const { post } = await serve(boardOf({ deploy: running }));
  expect((await post('releases/deploy', deploy)).json()).toMatchObject({
    status: 409,
    code: 'AON_ROLLOUT_RUNNING',
    detail: '1.3.1 is on its way.',
  });
});

test('a plan is asked for, then waited for; its error is told to who waits', async () => {
  const making = Promise.withResolvers<RolloutPlan>();
  const answers = [
    () => making.promise,
    () => Promise.reject(new AlwaysOnError('AON_RELEASE_BROKEN', 'npm ci')),
  ];
  const { get, post } = await serve(boardOf({ plan: () => answers.shift()?.() ?? making.promise }));
  const begun = await post('releases/plan', deploy);
  expect([begun.statusCode, begun.json().plan]).toEqual([202, null]);
  const path = `releases/plans/${begun.json().planning}`;
  expect((await get(path)).json()).toEqual(begun.json());
  making.resolve(plan);
  await nextTurn();
  expect((await get(path)).json()).toEqual({ ...begun.json(), plan });

  const broken = (await post('releases/plan', deploy)).json();
  await nextTurn();
  expect((await get(`releases/plans/${broken.planning}`)).json()).toMatchObject({
    status: 422,
    code: 'AON_RELEASE_BROKEN',
  });
  expect((await get('releases/plans/unknown')).json()).toMatchObject({ status: 404 });
});

test('not more plans are made at once than the machine can prepare', async () => {
  const { post } = await serve(boardOf({ plan: () => new Promise(() => {}) }));
  const statuses = [];
  for (let n = 0; n < 5; n++) statuses.push((await post('releases/plan', deploy)).statusCode);
  expect(statuses).toEqual([202, 202, 202, 202, 429]);
});
