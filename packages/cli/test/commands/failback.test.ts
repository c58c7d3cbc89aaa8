import type { RecoveryPlan } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { answering, done, plan, report, running, startEnvironment } from '../support/recovery-samples.ts';
import { runCli } from '../support/run-cli.ts';

const missing = { name: 'candidate', state: 'fail', detail: 'no server of west follows the writer' } as const;
const home: RecoveryPlan = { ...plan, from: 'east', to: 'west' };
const notYet: RecoveryPlan = { ...home, isReady: false, candidate: null, checks: [missing] };

test('it waits until the region that wrote before is whole, says for what, and then switches', async () => {
  let looks = 0;
  const back = { ...done, id: 'failover-10', result: { ...report, from: 'east', to: 'west' } };
  const { stateDir, requests } = await startEnvironment((route, body) => {
    if (route.startsWith('GET /api/failover/plan')) return ++looks > 2 ? home : notYet;
    if (route === 'POST /api/failover') return { ...running, id: 'failover-10' };
    return route === 'GET /api/operations/failover-10' ? back : answering()(route, body);
  });
  const run = await runCli(['failback', '--reason', 'west is back', '--json'], { stateDir });
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('Waiting for west. candidate: no server of west follows the writer');
  expect(JSON.parse(run.stdout)).toEqual(back.result);
  const asked = requests.filter((request) => request.startsWith('GET /api/failover/plan'));
  expect(asked.every((request) => request.includes('region=west'))).toBe(true);
  expect(requests.find((request) => request.startsWith('POST /api/failover '))).toMatch(
    /"region":"west","mode":"planned".*"reason":"west is back"/,
  );
});

test('what does not come about in time is said, and nothing was begun', async () => {
  const { stateDir, requests } = await startEnvironment(answering(done, notYet));
  const run = await runCli(['failback', '--wait', '0'], { stateDir });
  expect(run.code).not.toBe(0);
  expect(run.stderr).toContain('AON_TIMEOUT');
  expect(run.stderr).toContain(missing.detail);
  const planned = await runCli(['failback', '--plan', '--json'], { stateDir });
  expect(planned.code).toBe(3);
  expect(JSON.parse(planned.stdout)).toEqual(notYet);
  expect(requests.some((request) => request.startsWith('POST'))).toBe(false);
});

test('without a change of the region there is no way back', async () => {
  const undone = { ...done, state: 'rolled-back' as const, result: { ...report, state: 'rolled-back' } };
  const { stateDir } = await startEnvironment(answering(undone));
  const run = await runCli(['failback'], { stateDir });
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('./alwayson failover REGION');
  expect((await runCli(['failback', '--wait', 'long'], { stateDir })).code).toBe(2);
});
