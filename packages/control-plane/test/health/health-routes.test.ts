import { toProblem } from '@alwayson/protocol/errors.ts';
import { HealthExplanation, HealthReport } from '@alwayson/protocol/health.ts';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test } from 'vitest';
import { registerHealthRoutes } from '../../src/api/health-routes.ts';
import { createHealthRig } from './health-rig.ts';
import { stampIn } from './health-world.ts';

function createServer() {
  const rig = createHealthRig();
  const server = Fastify();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error, _request, reply) => {
    const problem = toProblem(error);
    return reply.status(problem.status).send(problem);
  });
  registerHealthRoutes(server, { health: rig.health });
  onTestFinished(() => server.close());
  return { rig, get: (path: string) => server.inject({ url: `/api/health${path}` }) };
}

test('the report and every explanation keep their contract', async () => {
  const { rig, get } = createServer();
  const before = await get('');
  expect(before.statusCode).toBe(503);
  expect(before.json()).toMatchObject({ title: 'AON_STARTING' });
  await rig.run(20);
  rig.world.units.set(`${stampIn('west-1')}-api`, 'exited');
  await rig.run(2);
  const report = HealthReport.parse((await get('')).json());
  expect(report.entities[0]).toMatchObject({ id: 'workload:shop', state: 'degraded' });
  for (const { id } of report.entities) {
    const answer = await get(`/${encodeURIComponent(id)}`);
    expect(HealthExplanation.parse(answer.json()).entity.id).toBe(id);
  }
});

test('an entity that is not there is answered with those that may be meant', async () => {
  const { rig, get } = createServer();
  await rig.run(2);
  const answer = await get('/flow%3Alst');
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({
    title: 'AON_NOT_FOUND',
    detail: expect.stringContaining('flow:list'),
  });
  expect((await get('/zzz')).json<{ detail: string }>().detail).not.toContain('mean');
});
