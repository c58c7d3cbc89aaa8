import { SwitchAnswer } from '@alwayson/protocol/switches.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createApiServer } from '../../src/api/server.ts';
import { manifestOf, recordingPlacement, statusOf, nothingMeasured } from '../api/fixtures.ts';
import { createSwitchRig } from './switch-rig.ts';

const headers = { authorization: 'Bearer operator-token' };
const off = {
  target: { kind: 'stamp', name: 'west-1-abcdef' },
  action: 'off',
  reason: 'new disk',
  owner: 'kim',
};

async function createServer() {
  const rig = createSwitchRig();
  const server = await createApiServer({
    environment: rig.environment,
    manifest: manifestOf(),
    journal: rig.journal,
    placement: recordingPlacement(),
    status: statusOf,
    switchBoard: rig.board,
    consoleDir: () => null,
    ...nothingMeasured,
  });
  onTestFinished(() => server.close());
  const post = (url: string, payload: object) => server.inject({ method: 'POST', url, payload, headers });
  return { server, post, rig };
}

test('switches are set, listed and ended over HTTP, and a repeat is told apart', async () => {
  const { server, post } = await createServer();
  const set = await post('/api/switches', off);
  expect(set.statusCode).toBe(202);
  const { operation } = SwitchAnswer.parse(set.json());
  expect((await server.inject(`/api/operations/${operation?.id}`)).json()).toMatchObject({ kind: 'switch' });
  expect((await post('/api/switches', off)).statusCode).toBe(200);
  expect((await server.inject('/api/switches')).json()).toMatchObject([off]);
  const ended = await post('/api/switches/end', { target: off.target, ends: 'traffic', owner: 'kim' });
  expect(ended.statusCode).toBe(202);
  expect((await server.inject('/api/switches')).json()).toEqual([]);
});

test('a refusal is a problem with its code; a switch without a reason or an operator is none', async () => {
  const { server, post, rig } = await createServer();
  rig.world.demand = 1000;
  const refused = await post('/api/switches', off);
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ code: 'AON_CAPACITY', hint: expect.stringContaining('--override') });
  const silent = await post('/api/switches', { ...off, reason: ' ' });
  expect(silent.statusCode).toBe(400);
  expect(silent.json()).toMatchObject({ code: 'AON_USAGE', detail: expect.stringContaining('reason') });
  const stranger = await server.inject({ method: 'POST', url: '/api/switches', payload: off });
  expect(stranger.statusCode).toBe(401);
  expect(rig.switches.list()).toEqual([]);
});
