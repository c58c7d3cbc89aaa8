import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { BackupsReport } from '@alwayson/protocol/backups.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { expect, test } from 'vitest';
import { renderBackups } from '../../src/output/render-backups.ts';
import { createPainter } from '../../src/output/terminal.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';
import { type MoreAnswers, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

const at = '2026-01-01T02:00:00.000Z';
const report: BackupsReport = {
  trouble: null,
  backups: [
    {
      label: '20260101-020000F',
      region: 'west',
      type: 'full',
      startedAt: at,
      endedAt: at,
      bytes: 30_000_000,
      addedBytes: 3_000_000,
      note: 'before the works',
      hasErrors: false,
    },
  ],
  archive: { lastAt: at, lastFailedAt: null },
  verifications: [
    { at, region: 'east', label: null, passed: false, steps: [], reason: 'checksum error\nand more' },
    { at, region: 'west', label: null, passed: true, steps: [{ name: 'restore', ms: 2000 }] },
  ],
  retentionDays: 7,
};
const done: Operation = {
  id: 'backup-1',
  kind: 'backup',
  title: 'Back up the database, for kim',
  state: 'succeeded',
  startedAt: at,
  endedAt: at,
  steps: [{ name: 'west', state: 'done', startedAt: at, endedAt: at }],
};

async function startEnvironment(also: MoreAnswers) {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane(also);
  await createSampleEnvironment(stateDir, { frontDoor: 18_233, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  return { stateDir, requests: controlPlane.requests };
}

test('the list says how old they are, when one was proven, and which could not be', () => {
  const text = renderBackups(report, createPainter(process.stdout), Date.parse('2026-01-01T05:00:00.000Z'));
  expect(text).toContain('1, the newest 3 h ago, kept for 7 days');
  expect(text).toMatch(/restored and read +3 h ago, of west/);
  expect(text).toMatch(/20260101-020000F +west +full .+ 29 MiB +before the works/);
  expect(text).toContain('could not be restored and read: checksum error');
  expect(text).toContain('was restored and read: restore 2000 ms');
  const none = { ...report, backups: [], verifications: [], trouble: 'no recent backup in west' };
  expect(renderBackups(none, createPainter(process.stdout), 0)).toContain(
    'Trouble: no recent backup in west.',
  );
});

test('create and verify are followed to their end, with note, label and region', async () => {
  const { stateDir, requests } = await startEnvironment((route) => {
    if (route.startsWith('POST /api/backups')) return { ...done, state: 'running' };
    if (route === 'GET /api/backups') return report;
    return route === 'GET /api/operations/backup-1' ? done : undefined;
  });
  expect((await runCli(['backup', '--json'], { stateDir })).stdout).toBe(`${JSON.stringify(report)}\n`);
  const who = ['--owner', 'kim', '--json'];
  const created = await runCli(['backup', 'create', '--note', 'works', ...who], { stateDir });
  expect(JSON.parse(created.stdout)).toEqual(done);
  const verified = await runCli(['backup', 'verify', '20260101-020000F', '--region', 'west', ...who], {
    stateDir,
  });
  expect(verified.code).toBe(0);
  const bodies = requests
    .filter((request) => request.startsWith('POST'))
    .map(
      (request) => JSON.parse(request.slice(request.indexOf('{'), request.lastIndexOf('}') + 1)) as unknown,
    );
  expect(bodies).toEqual([
    { owner: 'kim', note: 'works' },
    { owner: 'kim', label: '20260101-020000F', region: 'west' },
  ]);
});

test('one that fails ends with the error, and one that cannot begin is refused', async () => {
  const error = { code: 'AON_TASK_FAILED', message: 'checksum error' };
  const failing = await startEnvironment((route) => {
    if (route.startsWith('POST')) return { ...done, state: 'running' };
    return route === 'GET /api/operations/backup-1' ? { ...done, state: 'failed', error } : undefined;
  });
  const failed = await runCli(['backup', 'verify'], { stateDir: failing.stateDir });
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('AON_TASK_FAILED: checksum error'),
  });
  const busy = new AlwaysOnError('AON_OPERATION_RUNNING', 'Something is done with backups already.');
  const refusing = await startEnvironment((route) => (route.startsWith('POST') ? busy : undefined));
  expect((await runCli(['backup', 'create'], { stateDir: refusing.stateDir })).code).toBe(3);
});
