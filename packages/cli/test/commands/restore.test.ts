import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RecoveryPlan } from '@alwayson/protocol/recovery.ts';
import { expect, test } from 'vitest';
import { answering, done, plan, report, running, startEnvironment } from '../support/recovery-samples.ts';
import { runCli } from '../support/run-cli.ts';
import { createStateDir } from '../support/scratch.ts';

const restorePlan: RecoveryPlan = {
  ...plan,
  mode: 'restore',
  loss: { seconds: 3600, bytes: null, queuedEntries: null },
  checks: [{ name: 'target', state: 'pass', detail: 'from backup 20260131-100000F of west' }],
};
const ended = { ...done, id: 'restore-9', result: { ...report, mode: 'restore', rpoMs: 3_600_000 } };
const refusal = new AlwaysOnError('AON_NOT_READY', 'A restore undoes what was written after its target.');

const start = (planned = restorePlan) =>
  startEnvironment((route, body) => {
    if (route.startsWith('GET /api/restore/plan')) return planned;
    if (route === 'POST /api/restore')
      return body.includes('"acceptDataLoss":true') ? { ...running, id: 'restore-9' } : refusal;
    return route === 'GET /api/operations/restore-9' ? ended : answering()(route, body);
  });

test('the plan says what would be undone, and changes nothing', async () => {
  const { stateDir, requests } = await start();
  const run = await runCli(['restore', '--to', '2026-01-31T12:00:00Z', '--plan'], { stateDir });
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(
    /Restore: west[\s\S]+undone +what was written in the last[\s\S]+20260131-100000F/,
  );
  expect(requests.some((request) => request.includes('to=2026-01-31T12%3A00%3A00.000Z'))).toBe(true);
  expect(requests.every((request) => request.startsWith('GET'))).toBe(true);
  const other = await start({ ...restorePlan, isReady: false, candidate: null });
  expect((await runCli(['restore', '--to', 'x', '--plan'], { stateDir: other.stateDir })).code).toBe(3);
});

test('nothing is begun without consent; with it, it is followed to its end', async () => {
  const { stateDir, requests } = await start();
  const refused = await runCli(['restore', '--to', '20260131-100000F', '--json'], { stateDir });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('What it would cost');
  const run = await runCli(['restore', '--to', '20260131-100000F', '--accept-data-loss', '--json'], {
    stateDir,
  });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual(ended.result);
  expect(requests.filter((request) => request.startsWith('POST')).at(-1)).toContain(
    '"to":"20260131-100000F"',
  );
});

test('without a target there is nothing to restore', async () => {
  const run = await runCli(['restore'], { stateDir: createStateDir() });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('--to');
});

test.each([
  [['--into', 'sandbox', '--plan'], '--plan'],
  [['--mask', 'mask.sql'], '--into'],
  [['--port', '8090'], '--into'],
])('what does not go together is refused, and nothing is asked for: %s', async (words, named) => {
  const stateDir = createStateDir();
  const run = await runCli(['restore', '--to', '2026-01-31T12:00:00Z', ...words], { stateDir });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain(named);
});
