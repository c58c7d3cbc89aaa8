import { userInfo } from 'node:os';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import type { Switch, SwitchAnswer } from '@alwayson/protocol/switches.ts';
import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { parseDuration } from '../../src/commands/switch-options.ts';
import { renderStatus } from '../../src/output/render-status.ts';
import { renderSwitches } from '../../src/output/render-switches.ts';
import { createPainter } from '../../src/output/terminal.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStatus } from '../support/sample-status.ts';
import { createStateDir } from '../support/scratch.ts';
import { type MoreAnswers, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

const stamp = 'west-1-012345';
const item: Switch = {
  id: 'switch-1',
  target: { kind: 'stamp', name: stamp },
  action: 'off',
  reason: 'new disk',
  owner: 'kim',
  since: '2026-01-01T10:00:00.000Z',
};
const running: Operation = {
  id: 'switch-9',
  kind: 'switch',
  title: `Take stamp ${stamp} off`,
  state: 'running',
  startedAt: '2026-01-01T10:00:00.000Z',
  steps: [
    { name: 'commit record', state: 'done' },
    { name: 'in force in every gateway', state: 'running', waitingFor: 'gateway west' },
  ],
};
const done: Operation = { ...running, state: 'succeeded', result: { unconfirmedGateways: [] } };
const answer: SwitchAnswer = {
  changed: true,
  message: `stamp ${stamp} is off.`,
  operation: running,
  switches: [item],
};

async function startEnvironment(also: MoreAnswers) {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane(also);
  await createSampleEnvironment(stateDir, { frontDoor: 18_231, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  const bodies = (route: string) =>
    controlPlane.requests.flatMap((request) => {
      const start = `POST /api/${route} `;
      return request.startsWith(start)
        ? [JSON.parse(request.slice(start.length, request.lastIndexOf('}') + 1)) as unknown]
        : [];
    });
  return { stateDir, bodies };
}

const succeeding: MoreAnswers = (route) => {
  if (route.startsWith('POST /api/switches')) return answer;
  if (route === 'GET /api/switches') return [item];
  return route === 'GET /api/operations/switch-9' ? done : undefined;
};

test('off waits for the operation and says one line; owner, reason and end go with it', async () => {
  const { stateDir, bodies } = await startEnvironment(succeeding);
  const before = Date.now();
  const off = await runCli(['stamp', 'off', stamp, '--reason', 'new disk', '--for', '30m'], { stateDir });
  expect(off).toEqual({ code: 0, stdout: `stamp ${stamp} is off.\n`, stderr: '' });
  const [sent] = bodies('switches') as { until: string }[];
  expect(sent).toMatchObject({
    target: { kind: 'stamp', name: stamp },
    action: 'off',
    reason: 'new disk',
    owner: userInfo().username,
    override: false,
  });
  const lasts = Date.parse(sent?.until ?? '') - before;
  expect(lasts).toBeGreaterThanOrEqual(30 * 60_000);
  expect(lasts).toBeLessThan(31 * 60_000);
});

test('each command asks for what it says', async () => {
  const { stateDir, bodies } = await startEnvironment(succeeding);
  const why = ['--reason', 'works', '--owner', 'kim'];
  const until = ['--until', '2099-01-31T18:00:00Z'];
  const json = await runCli(['stamp', 'drain', stamp, ...why, '--override', '--json'], { stateDir });
  expect(JSON.parse(json.stdout)).toEqual({ ...answer, operation: done });
  for (const args of [
    ['region', 'off', 'west', ...why, ...until],
    ['maintenance', 'start', ...why],
    ['maintenance', 'start', 'west-1', ...why],
    ['stamp', 'on', stamp, '--owner', 'kim'],
    ['region', 'on', 'west', ...why],
    ['maintenance', 'end', '--owner', 'kim'],
  ]) {
    expect((await runCli(args, { stateDir })).code).toBe(0);
  }
  const order = { reason: 'works', owner: 'kim', override: false };
  expect(bodies('switches')).toEqual([
    { ...order, target: { kind: 'stamp', name: stamp }, action: 'drain', override: true },
    { ...order, target: { kind: 'region', name: 'west' }, action: 'off', until: '2099-01-31T18:00:00.000Z' },
    { ...order, target: { kind: 'workload' }, action: 'maintenance' },
    { ...order, target: { name: 'west-1' }, action: 'maintenance' },
  ]);
  expect(bodies('switches/end')).toEqual([
    { target: { kind: 'stamp', name: stamp }, ends: 'traffic', owner: 'kim' },
    { target: { kind: 'region', name: 'west' }, ends: 'traffic', owner: 'kim', reason: 'works' },
    { target: { kind: 'workload' }, ends: 'maintenance', owner: 'kim' },
  ]);
});

test('what takes longer is told on standard error, and a gateway that is down with the answer', async () => {
  const startedAt = performance.now();
  const { stateDir } = await startEnvironment((route, body) => {
    if (route !== 'GET /api/operations/switch-9') return succeeding(route, body);
    return performance.now() - startedAt < 5000
      ? running
      : { ...done, result: { unconfirmedGateways: ['east'] } };
  });
  const run = await runCli(['stamp', 'off', stamp, '--reason', 'x'], { stateDir });
  expect(run.stderr).toBe('in force in every gateway: waiting for gateway west\n');
  expect(run.stdout).toContain('The gateway of east is down and takes it when it is back.');
});

test('a switch that changes nothing is done; one that does not come into force in time has failed', async () => {
  const nothing = { ...answer, changed: false, message: 'Nothing to do.', operation: null };
  const idle = await startEnvironment((route) => (route === 'POST /api/switches/end' ? nothing : undefined));
  const on = await runCli(['stamp', 'on', stamp], { stateDir: idle.stateDir });
  expect(on).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
  const error = { code: 'AON_TIMEOUT', message: 'Not confirmed in time by gateway west.' };
  const late = await startEnvironment((route, body) =>
    route === 'GET /api/operations/switch-9'
      ? { ...running, state: 'failed', error }
      : succeeding(route, body),
  );
  const off = await runCli(['stamp', 'off', stamp, '--reason', 'x'], { stateDir: late.stateDir });
  expect(off).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('AON_TIMEOUT: Not confirmed in time'),
  });
});

test('a guard refuses with exit code 3; a name that is not known brings the one that was meant', async () => {
  const full = new AlwaysOnError('AON_CAPACITY', 'Without stamp a no stamp would be left for api.');
  const guarded = await startEnvironment((route) => (route === 'POST /api/switches' ? full : undefined));
  const refused = await runCli(['region', 'off', 'west', '--reason', 'x', '--json'], {
    stateDir: guarded.stateDir,
  });
  expect(refused.code).toBe(3);
  expect(Problem.parse(JSON.parse(refused.stdout)).code).toBe('AON_CAPACITY');

  const unknown = new AlwaysOnError('AON_NOT_FOUND', 'Nothing is called so.');
  const { stateDir } = await startEnvironment((route) => (route.startsWith('POST') ? unknown : undefined));
  const reason = ['--reason', 'x'];
  const typo = await runCli(['stamp', 'off', 'west-1-012354', ...reason], { stateDir });
  expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining(`Did you mean ${stamp}?`) });
  const short = await runCli(['stamp', 'off', 'west-1', ...reason], { stateDir });
  expect(short.stderr).toContain(`Did you mean ${stamp}?`);
  const unit = await runCli(['maintenance', 'start', 'pg-west-1', ...reason], { stateDir });
  expect(unit.stderr).toContain('pg-west-1 is a unit of zone west-1');
});

test.each([
  [['stamp', 'off', stamp]],
  [['stamp', 'off', stamp, '--reason', ' ']],
  [['stamp', 'off', '--reason', 'x']],
  [['region', 'off', 'west', '--reason', 'x', '--for', 'soon']],
  [['region', 'off', 'west', '--reason', 'x', '--until', 'tomorrow']],
  [['region', 'off', 'west', '--reason', 'x', '--for', '1h', '--until', '2099-01-01']],
  [['maintenance', 'pause']],
])('%j is wrong usage', async (args) => {
  const run = await runCli(args, { stateDir: createStateDir() });
  expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/^AON_USAGE: .+\n {2}next: .+\n$/) });
});

test('switches lists what, who, why, since and until', async () => {
  const { stateDir } = await startEnvironment(succeeding);
  expect(JSON.parse((await runCli(['switches', '--json'], { stateDir })).stdout)).toEqual([item]);
  const now = Date.parse('2026-01-01T10:30:00Z');
  const timed: Switch = { ...item, until: '2026-01-01T12:00:00.000Z', override: true };
  const lines = renderSwitches([item, timed], now).split('\n');
  expect(lines[0]).toMatch(/^what +action +who +why +since +until$/);
  expect(lines[1]).toMatch(/^stamp west-1-012345 +off +kim +new disk +2026-01-01 \d\d:\d\d +-$/);
  expect(lines[2]).toMatch(/new disk \(override\) .* \(in 1 h 30 min\)$/);
  expect(renderSwitches([], now)).toBe('Nothing is switched: everything is in service.');
});

test('status shows who keeps a stamp out of use, and why', () => {
  const [first] = createStatus().stamps;
  if (first === undefined) throw new Error('The sample has a stamp.');
  const switched = { action: 'off', owner: 'kim', reason: 'new disk' } as const;
  const text = renderStatus(
    createStatus({ stamps: [{ ...first, share: 0, switched }] }),
    createPainter(process.stdout),
  );
  expect(text).toContain('share 0 %  off by kim: new disk');
});

test('durations are written as people write them', () => {
  expect(['90s', '30m', '1h30m', '1.5h', '1d'].map(parseDuration)).toEqual([
    90_000, 1_800_000, 5_400_000, 5_400_000, 86_400_000,
  ]);
  for (const text of ['', '30', 'm', '30 m', '30m!', '0s', '-5m', '366d'])
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
});
