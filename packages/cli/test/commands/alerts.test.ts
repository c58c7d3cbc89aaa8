import { userInfo } from 'node:os';
import type { Alert } from '@alwayson/protocol/alerts.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { expect, test } from 'vitest';
import { renderAlerts } from '../../src/output/render-alerts.ts';
import { createPainter } from '../../src/output/terminal.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';
import { type MoreAnswers, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

const alert: Alert = {
  id: 'alert-0badcafe',
  kind: 'database-writer-gone',
  severity: 'page',
  title: 'Database main does not take writes',
  entity: { id: 'store:main', kind: 'store', name: 'main' },
  rootCause: 'store:main',
  affects: ['flow:buy', 'flow:view', 'flow:rate', 'stamp:a', 'workload:shop'],
  state: 'open',
  since: '2026-01-01T10:00:00.000Z',
  lastChange: '2026-01-01T10:00:05.000Z',
  owner: { role: 'head-of-operations', name: 'Operations', contact: 'ops@example.com' },
  runbook: 'docs/runbooks/database-writer-gone.md',
  reason: 'no member accepts writes',
  values: {},
  occurrence: 1,
};
const acknowledged: Alert = {
  ...alert,
  state: 'acknowledged',
  acknowledged: { owner: 'kim', reason: 'on it', at: alert.since },
};

const answers: MoreAnswers = (asked, body) => {
  if (asked === 'GET /api/alerts') return [alert];
  if (asked === `POST /api/alerts/${alert.id}/acknowledge`) return acknowledged;
  if (asked.endsWith('/acknowledge')) return new AlwaysOnError('AON_NOT_FOUND', 'There is no open alert x.');
  throw new Error(`not expected: ${asked} ${body}`);
};

async function startEnvironment() {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane(answers);
  await createSampleEnvironment(stateDir, { frontDoor: 18_251, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  return { stateDir, requests: controlPlane.requests };
}

test('alerts shows what is open, and with --all what was', async () => {
  const { stateDir, requests } = await startEnvironment();
  const active = await runCli(['alerts'], { stateDir });
  expect(active).toMatchObject({ code: 0, stdout: expect.stringContaining(alert.title) });
  const all = await runCli(['alerts', '--all', '--json'], { stateDir });
  expect(JSON.parse(all.stdout)).toEqual([alert]);
  expect(requests.map((request) => request.split(' ').slice(0, 2).join(' '))).toEqual([
    'GET /api/alerts?state=active',
    'GET /api/alerts?state=all',
  ]);
});

test('alerts ack takes an alert on, for a reason, as whoever asks or is named', async () => {
  const { stateDir, requests } = await startEnvironment();
  const named = await runCli(['alerts', 'ack', alert.id, '--reason', 'on it', '--owner', 'kim'], {
    stateDir,
  });
  expect(named).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('kim has taken on: Database main'),
  });
  const own = await runCli(['alerts', 'ack', alert.id, '--reason', 'on it', '--json'], { stateDir });
  expect(JSON.parse(own.stdout)).toEqual(acknowledged);
  expect(requests[0]).toContain('{"owner":"kim","reason":"on it"}');
  expect(requests[1]).toContain(`{"owner":"${userInfo().username}","reason":"on it"}`);
});

test('without a reason nothing is taken on, and an unknown alert is told', async () => {
  const { stateDir, requests } = await startEnvironment();
  const silent = await runCli(['alerts', 'ack', alert.id], { stateDir });
  expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
  expect(requests).toEqual([]);
  const unknown = await runCli(['alerts', 'ack', 'x', '--reason', 'on it'], { stateDir });
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('AON_NOT_FOUND') });
});

test('the table says how bad, since when, who suffers, whose it is and what to read', () => {
  const painter = createPainter(process.stdout);
  const now = Date.parse(alert.since) + 90_000;
  const text = renderAlerts([alert], painter, now);
  for (const part of [
    'page',
    '(90 s)',
    'flow:buy, flow:view, flow:rate and 2 more',
    'Operations',
    alert.runbook,
  ]) {
    expect(text).toContain(part);
  }
  expect(text).toContain(`${alert.id}  no member accepts writes`);
  expect(renderAlerts([acknowledged], painter, now)).toContain('taken on by kim: on it');
  const resolvedAt = new Date(now).toISOString();
  expect(renderAlerts([{ ...alert, state: 'resolved', resolvedAt }], painter, now + 9e9)).toContain(
    '(resolved after 90 s)',
  );
  expect(renderAlerts([], painter, now)).toBe('No alerts.');
});
