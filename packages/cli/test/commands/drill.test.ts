import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DrillEvidence } from '@alwayson/protocol/drills.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { expect, test } from 'vitest';
import { readProcess } from '../../src/environment/process-table.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { sampleManifest } from '../support/sample-manifest.ts';
import { createStateDir } from '../support/scratch.ts';
import { startStandInControlPlane } from '../support/stand-in-control-plane.ts';

const running: Operation = {
  id: 'backup-1',
  kind: 'backup',
  title: 'Back up the database',
  state: 'running',
  startedAt: '2026-01-01T10:00:00.000Z',
  steps: [{ name: 'west', state: 'running', startedAt: '2026-01-01T10:00:00.000Z' }],
};

/** Whose control plane makes a backup that never ends, and judges what it is told. */
async function startSource() {
  const stateDir = createStateDir();
  const filed: DrillEvidence[] = [];
  const controlPlane = await startStandInControlPlane((route, body) => {
    if (route === 'POST /api/backups' || route === 'GET /api/operations/backup-1') return running;
    if (route !== 'POST /api/drills') return undefined;
    const { failure, ...seen } = JSON.parse(body) as DrillEvidence;
    filed.push({ ...seen, ...(failure === undefined ? {} : { failure }) });
    return { ...seen, state: 'failed', reason: failure };
  });
  await createSampleEnvironment(stateDir, { frontDoor: 18_311, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  const copies = () => readdirSync(dirname(stateDir)).filter((name) => name.startsWith('state-drill'));
  return { stateDir, filed, copies, requests: controlPlane.requests };
}

function makeLive(stateDir: string): void {
  const digest = 'a'.repeat(64);
  const folder = join(stateDir, 'releases', digest);
  mkdirSync(folder, { recursive: true });
  const release = {
    digest,
    version: 'one',
    source: { kind: 'folder', path: '/shop' },
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'up',
    files: 0,
    bytes: 0,
    config: 'c',
    migrations: [],
  };
  for (const [name, document] of Object.entries({ release, files: [], manifest: sampleManifest }))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document));
  symlinkSync(digest, join(stateDir, 'releases/live'));
}

test('a drill that cannot begin is filed with the reason, and says so by its exit code', async () => {
  const { stateDir, filed, copies } = await startSource();
  const { code, stdout } = await runCli(['drill', 'planned', '--owner', 'kim', '--json'], { stateDir });
  expect(code).toBe(1);
  expect(filed).toMatchObject([{ mode: 'planned', owner: 'kim', recovery: null, load: null, backup: null }]);
  expect(filed[0]?.failure).toContain('no live release');
  expect(JSON.parse(stdout)).toMatchObject({ state: 'failed' });
  expect(copies()).toEqual([]);
});

test('a schedule is set, shown and ended, and begins nothing now', async () => {
  const schedule = { mode: 'restore', cron: '0 3 * * 0', owner: 'kim', nextAt: '2026-01-04T03:00:00.000Z' };
  const controlPlane = await startStandInControlPlane((route, body) => {
    if (route === 'GET /api/drills/schedules') return [schedule];
    if (route !== 'POST /api/drills/schedules') return undefined;
    return body.includes('"cron":null') ? [] : [schedule];
  });
  const stateDir = createStateDir();
  await createSampleEnvironment(stateDir, { frontDoor: 18_312, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  const cli = (...words: string[]) => runCli(['drill', ...words], { stateDir });
  const set = await cli('restore', '--schedule', schedule.cron, '--owner', 'kim');
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('0 3 * * 0') });
  expect(JSON.parse((await cli('schedules', '--json')).stdout)).toEqual([schedule]);
  expect((await cli('restore', '--schedule', 'off')).stdout).toContain('No drill begins by itself');
  expect(await cli('restore', '--schedule', '0 3 * * 0', '--keep')).toMatchObject({ code: 2 });
  const posts = controlPlane.requests.filter((request) => request.startsWith('POST'));
  expect(posts.map((request) => request.split(' ')[1])).toEqual(Array(2).fill('/api/drills/schedules'));
});

test('Ctrl-C ends it at once: nothing of the copy is left, and that is filed', async () => {
  const { stateDir, filed, copies, requests } = await startSource();
  makeLive(stateDir);
  const { code } = await runCli(['drill', 'restore'], { stateDir, interruptAt: '\nwest' });
  expect(code).toBe(1);
  expect(filed[0]).toMatchObject({ mode: 'restore', failure: 'It was stopped from outside.' });
  expect(requests.some((request) => request.startsWith('POST /api/backups'))).toBe(true);
  expect(copies()).toEqual([]);
  expect(existsSync(stateDir)).toBe(true);
});

test('a copy that an earlier drill has left is removed; that of a drill which still runs is not', async () => {
  const { stateDir, copies } = await startSource();
  const folder = join(stateDir, 'drills');
  mkdirSync(folder);
  const mark = (name: string, pid: number, startedAt: string) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ pid, startedAt }));
    mkdirSync(`${stateDir}-${name}`);
  };
  // Another process has that number by now.
  mark('drill-20260101-1000', process.pid, '1');
  mark('drill-20260101-1100', process.pid, readProcess(process.pid)?.startedAt ?? '');
  // One that was given a type which is never deleted.
  mark('drill-20260101-1200', process.pid, '1');
  await createSampleEnvironment(`${stateDir}-drill-20260101-1200`, { frontDoor: 18_313, console: 18_314 });
  await runCli(['drill', 'planned', '--json'], { stateDir });
  expect(copies()).toEqual(['state-drill-20260101-1100', 'state-drill-20260101-1200']);
  expect(readdirSync(folder)).toEqual(['drill-20260101-1100.json']);
});
