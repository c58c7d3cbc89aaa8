import { userInfo } from 'node:os';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import type { RecoveryPlan } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { answering, done, plan, report, running, startEnvironment } from '../support/recovery-samples.ts';
import { runCli } from '../support/run-cli.ts';
import type { MoreAnswers } from '../support/stand-in-control-plane.ts';
import { createStateDir } from '../support/scratch.ts';

test('the plan says what would happen, in what order, and from where on there is only forward', async () => {
  const { stateDir, requests } = await startEnvironment(answering());
  const run = await runCli(['failover', 'east', '--plan'], { stateDir });
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toContain('west (pg-west-1) -> east (pg-east-1), from epoch 3 to 4');
  const [hold, forward, commit] = ['hold ', 'only forward', 'commit '].map((text) =>
    run.stdout.indexOf(text),
  );
  expect(hold).toBeGreaterThan(0);
  expect(forward).toBeGreaterThan(hold ?? 0);
  expect(commit).toBeGreaterThan(forward ?? 0);
  expect(run.stdout).toContain('about 40 ms');
  expect(requests.every((request) => request.startsWith('GET'))).toBe(true);

  const blocked = { ...plan, isReady: false, candidate: null };
  const other = await startEnvironment(answering(done, blocked));
  const refused = await runCli(['failover', 'east', '--plan', '--json'], { stateDir: other.stateDir });
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout)).toEqual(blocked);
});

test('a switch is followed to its end, and its report is the answer', async () => {
  const { stateDir, requests } = await startEnvironment(answering());
  const run = await runCli(['failover', 'east', '--reason', 'works', '--json'], { stateDir });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual(report);
  const sent = requests.find((request) => request.startsWith('POST /api/failover ')) ?? '';
  expect(JSON.parse(sent.slice('POST /api/failover '.length, sent.lastIndexOf('}') + 1))).toEqual({
    region: 'east',
    mode: 'planned',
    acceptDataLoss: true,
    owner: userInfo().username,
    reason: 'works',
  });
  const text = await runCli(['failover', 'east'], { stateDir });
  expect(text.stdout).toMatch(/east writes, in epoch 4[\s\S]+writes waited +480 ms[\s\S]+hold +31 ms/);
});

test('one that was undone has failed, and still tells what it measured', async () => {
  const error = { code: 'AON_SWITCH_UNDONE', message: 'The switch was undone: a door did not answer' };
  const undone: Operation = {
    ...done,
    state: 'rolled-back',
    error,
    result: { ...report, state: 'rolled-back', epoch: 3 },
  };
  const { stateDir } = await startEnvironment(answering(undone));
  const run = await runCli(['failover', 'east'], { stateDir });
  expect(run.code).toBe(1);
  expect(run.stdout).toContain('Undone: west writes as before, in epoch 3.');
  expect(run.stderr).toContain(error.message);
});

test('an emergency shows what it would cost, and is not begun without consent', async () => {
  const loss = { seconds: 1.25, bytes: 4096, queuedEntries: 7 };
  const lost: RecoveryPlan = { ...plan, mode: 'emergency', loss };
  const refusal = new AlwaysOnError('AON_NOT_READY', 'An emergency may lose what was written last.');
  const { stateDir, requests } = await startEnvironment((route, body) => {
    if (route === 'POST /api/failover' && !body.includes('"acceptDataLoss":true')) return refusal;
    return answering(done, lost)(route, body);
  });
  const run = await runCli(['failover', 'east', '--emergency', '--json'], { stateDir });
  expect(run.code).toBe(3);
  expect(Problem.parse(JSON.parse(run.stdout)).code).toBe('AON_NOT_READY');
  for (const text of ['up to 1.3 s', '4096', '7 small writes']) expect(run.stderr).toContain(text);
  const accepted = await runCli(['failover', 'east', '--emergency', '--accept-data-loss'], { stateDir });
  expect(accepted.code).toBe(0);
  expect(requests.filter((request) => request.startsWith('POST'))).toHaveLength(2);
});

test('consent to a loss belongs to an emergency', async () => {
  const run = await runCli(['failover', 'east', '--accept-data-loss'], { stateDir: createStateDir() });
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('AON_USAGE') });
});

test('ops cancel leads one back, and ops resume lets one go on; each waits for the end', async () => {
  const error = { code: 'AON_SWITCH_UNDONE', message: 'The switch was undone: kim cancelled it.' };
  const back: Operation = { ...done, state: 'rolled-back', error };
  const order =
    (ended: Operation): MoreAnswers =>
    (route, body) =>
      route.startsWith('POST /api/operations/failover-9/') && body === '{"owner":"kim"}'
        ? running
        : answering(ended)(route, body);
  const { stateDir, requests } = await startEnvironment(order(back));
  const cancelled = await runCli(['ops', 'cancel', 'failover-9', '--owner', 'kim'], { stateDir });
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining(error.message) });
  // It is back where it was, which is not what this wanted.
  const resumed = await runCli(['ops', 'resume', 'failover-9', '--owner', 'kim'], { stateDir });
  expect(resumed).toMatchObject({ code: 1, stderr: expect.stringContaining('AON_SWITCH_UNDONE') });
  const posts = requests.filter((request) => request.startsWith('POST'));
  expect(posts.map((request) => request.split(' ')[1]?.split('/').at(-1))).toEqual(['cancel', 'resume']);

  const other = await startEnvironment(order(done));
  const gone = await runCli(['ops', 'resume', 'failover-9', '--owner', 'kim', '--json'], other);
  expect(gone.code).toBe(0);
  expect(JSON.parse(gone.stdout)).toEqual(done);
  // It was past the point of no return when it was cancelled.
  expect((await runCli(['ops', 'cancel', 'failover-9', '--owner', 'kim'], other)).code).toBe(1);
});

test('ops lists what was done, and shows one with its steps and its result', async () => {
  const { stateDir } = await startEnvironment(answering());
  const list = await runCli(['ops'], { stateDir });
  expect(list.stdout).toMatch(/failover-9 +succeeded .+ 2000 ms +Move the writer/);
  expect(list.stdout).toMatch(/failover-9 +running .+ in hold/);
  expect(JSON.parse((await runCli(['ops', '--json'], { stateDir })).stdout)).toHaveLength(2);
  const one = await runCli(['ops', 'show', 'failover-9'], { stateDir });
  expect(one.stdout).toMatch(/hold +done +31 ms[\s\S]+"writeGapMs": 480/);
});
