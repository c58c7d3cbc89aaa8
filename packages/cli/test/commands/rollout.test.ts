import { userInfo } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { renderStatus } from '../../src/output/render-status.ts';
import { createPainter } from '../../src/output/terminal.ts';
import { runCli } from '../support/run-cli.ts';
import {
  createHistoryEntry,
  createPlan,
  createRelease,
  createRollout,
  createSucceededRollout,
  createUndoneRollout,
  digest,
} from '../support/sample-rollout.ts';
import { createStatus } from '../support/sample-status.ts';
import { startRolloutEnvironment, tellInTurn } from '../support/start-rollout.ts';
import { cutOff, type MoreAnswers } from '../support/stand-in-control-plane.ts';

const kind = 'rollback';
const who = ['--owner', 'kim'];
const none = new AlwaysOnError('AON_ROLLOUT_NONE', 'Nothing is on its way.');

test('rollback follows to the end across a restart of the control plane, a line for each change', async () => {
  const reports = tellInTurn(createRollout({ kind }), cutOff, createSucceededRollout({ kind }));
  const { stateDir, bodies } = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? createRollout({ kind, gates: [] }) : reports(route),
  );
  const run = await runCli(['rollback', '1.4.0', '--reason', 'slow', ...who], { stateDir });
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^✔ 1\.4\.0 \(3fa2b1c9d0e1\) succeeded after 3 min\.\n/);
  expect(run.stderr.replaceAll(/^ *\d+ \w+ {2}/gm, '')).toBe(
    [
      'bring back 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0',
      'bake of step 2 of 3: 30 s',
      'bake: waiting for 18 s of looking at it',
      'gate of step 1: pass (2 checks)',
      'The control plane does not answer. Traffic stays as it is, and the rollout goes on when it is back.',
      'The control plane is back.',
      'gate of step 2: pass (2 checks)',
      'gate of step 3: pass (2 checks)',
      'succeeded; 1.4.0 is live',
      '',
    ].join('\n'),
  );
  expect(bodies('rollback')).toEqual([{ release: '1.4.0', owner: 'kim', reason: 'slow' }]);
});

test('with --json the report is the one document at the end, and the exit code says the rest', async () => {
  const undone = createUndoneRollout({ kind });
  const { stateDir, bodies } = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? createRollout({ kind }) : tellInTurn(undone)(route),
  );
  const run = await runCli(['rollback', '--json'], { stateDir });
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toEqual(undone);
  expect(bodies('rollback')).toEqual([{ owner: userInfo().username }]);
});

test.each([
  [
    createUndoneRollout({ kind }),
    1,
    'AON_ROLLOUT_UNDONE: 1.4.0 (3fa2b1c9d0e1) was undone: success of list-items',
  ],
  [createUndoneRollout({ kind, state: 'failed', code: 'AON_SCHEMA_UNSAFE' }), 3, 'AON_SCHEMA_UNSAFE: 1.4.0'],
  [createUndoneRollout({ kind, code: 'AON_OF_TOMORROW' }), 1, 'AON_ROLLOUT_UNDONE: 1.4.0'],
])('what does not end well ends the command with its code (%#)', async (report, code, text) => {
  const { stateDir } = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? report : undefined,
  );
  const run = await runCli(['rollback'], { stateDir });
  expect(run).toMatchObject({ code, stderr: expect.stringContaining(text) });
  expect(run.stderr).toContain('1.3.0 is live.\n  next: ');
  expect(run.stdout).toContain('1.3.0 is live in all regions.');
});

test('held, it goes on being followed and says what can be done; Ctrl-C ends the following only', async () => {
  const text = '4 of 50 requests';
  const hold = { reason: 'not-enough-data', since: '2026-01-01T10:01:05.000Z', text } as const;
  const held = createRollout({ state: 'held', hold });
  const { stateDir, bodies } = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? createRollout() : tellInTurn(held)(route),
  );
  const run = await runCli(['rollback', '--json'], { stateDir, interruptAt: 'HELD' });
  expect(run.code).toBe(130);
  expect(run.stderr).toContain(
    'HELD, not enough data: 4 of 50 requests (./alwayson promote goes on without it, ./alwayson abort goes back to 1.3.0)',
  );
  expect(run.stderr).toMatch(/goes on without this command.*releases show --watch.*\.\/alwayson abort\.\n$/);
  expect(JSON.parse(run.stdout)).toEqual(held);
  expect(bodies('rollout/order')).toEqual([]);
});

test('a rollback to where a release came from undoes that release; one that waited may lose its turn', async () => {
  const undoing = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? createUndoneRollout() : undefined,
  );
  const back = await runCli(['rollback'], { stateDir: undoing.stateDir });
  expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('was undone after 70 s') });
  const waiting = createRollout({ kind, phase: 'prepare', step: -1, steps: [], waitingFor: 'its turn' });
  const superseded = await startRolloutEnvironment((route) =>
    route === 'POST /api/rollback' ? waiting : new AlwaysOnError('AON_NOT_FOUND', 'There is no rollout.'),
  );
  const lost = await runCli(['rollback'], { stateDir: superseded.stateDir });
  expect(lost).toMatchObject({ code: 1, stdout: '' });
  expect(lost.stderr).toContain('prepare: waiting for its turn\n');
  expect(lost.stderr).toContain('did not begin: a later release took its place');
});

test('--detach returns at once; the plan of a rollback says how to run it, or why it cannot', async () => {
  const plans = [
    createPlan({ kind: 'rollback', version: '1.2 0' }),
    createPlan({ refusals: ['no stamps fit'] }),
  ];
  const { stateDir, requests } = await startRolloutEnvironment((route) => {
    if (route === 'POST /api/rollback/plan') return plans.shift();
    return route === 'POST /api/rollback' ? createRollout({ kind: 'rollback' }) : undefined;
  });
  const detached = await runCli(['rollback', '--detach'], { stateDir });
  expect(detached).toEqual({
    code: 0,
    stdout:
      'Begun: bring back 1.4.0 (3fa2b1c9d0e1) in place of 1.3.0 (deploy-1).\nTo see it: ./alwayson releases show --watch\n',
    stderr: '',
  });
  const fine = await runCli(['rollback', '--plan', '--reason', "it's slow"], { stateDir });
  expect(fine.code).toBe(0);
  expect(fine.stdout).toMatch(/\n {2}\.\/alwayson rollback '1\.2 0' --reason 'it'\\''s slow'\n$/);
  const refused = await runCli(['rollback', '--plan', '--json'], { stateDir });
  expect([refused.code, JSON.parse(refused.stdout).refusals]).toEqual([3, ['no stamps fit']]);
  expect(requests.filter((request) => request.startsWith('POST /api/rollback '))).toHaveLength(1);
});

test('a version that is not known brings the one that was probably meant', async () => {
  const unknown = new AlwaysOnError('AON_NOT_FOUND', 'There is no release.');
  const { stateDir } = await startRolloutEnvironment((route) => {
    if (route === 'GET /api/releases') return [createRelease(), createRelease({ version: '2026.1.7' })];
    return unknown;
  });
  const asked = [
    [['rollback', '1.4.1'], '1.4.0'],
    [['rollback', '2026', '--plan'], '2026.1.7'],
    [['releases', 'show', '1.40'], '1.4.0'],
  ] as const;
  const runs = await Promise.all(asked.map(([args]) => runCli(args, { stateDir })));
  for (const [index, [, meant]] of asked.entries())
    expect(runs[index]).toMatchObject({ code: 2, stderr: expect.stringContaining(`Did you mean ${meant}?`) });
});

const ordered: MoreAnswers = (route) => (route === 'POST /api/rollout/order' ? createRollout() : undefined);

test('promote, pause and resume send the word and say what is so from now on', async () => {
  const { stateDir, bodies } = await startRolloutEnvironment(ordered);
  const said: string[] = [];
  for (const order of ['promote', 'pause', 'resume']) {
    const run = await runCli([order, '--reason', 'night', ...who], { stateDir });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    said.push(run.stdout);
  }
  expect(said).toEqual([
    '1.4.0 (3fa2b1c9d0e1) goes on past bake of step 2 of 3.\n',
    '1.4.0 (3fa2b1c9d0e1) stands still at bake of step 2 of 3. ./alwayson resume goes on, ./alwayson abort goes back to 1.3.0.\n',
    '1.4.0 (3fa2b1c9d0e1) goes on from bake of step 2 of 3.\n',
  ]);
  expect(bodies('rollout/order')).toEqual(
    ['promote', 'pause', 'resume'].map((order) => ({ order, owner: 'kim', reason: 'night' })),
  );
  const json = await runCli(['pause', '--json'], { stateDir });
  expect(JSON.parse(json.stdout)).toEqual(createRollout());
});

test('abort follows until it is undone, which is what was asked for', async () => {
  const back = createUndoneRollout({ state: 'running', phase: 'revert', reason: 'aborted by kim' });
  const undone = createUndoneRollout({ reason: 'aborted by kim' });
  const reports = tellInTurn(back, undone);
  const { stateDir, bodies } = await startRolloutEnvironment((route) => ordered(route, '') ?? reports(route));
  const run = await runCli(['abort', ...who], { stateDir });
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('goes back to 1.3.0: aborted by kim\n');
  expect(run.stdout).toContain('was undone after 70 s: aborted by kim\n  1.3.0 is live in all regions.\n');
  expect(bodies('rollout/order')).toEqual([{ order: 'abort', owner: 'kim' }]);
});

test('an abort that comes too late is refused, also when it was live in the meantime', async () => {
  const refused = await startRolloutEnvironment((route) => (route.startsWith('POST') ? none : undefined));
  const early = await runCli(['abort', '--json'], { stateDir: refused.stateDir });
  expect([early.code, Problem.parse(JSON.parse(early.stdout)).code]).toEqual([3, 'AON_ROLLOUT_NONE']);
  const late = await startRolloutEnvironment(
    (route) => ordered(route, '') ?? tellInTurn(createSucceededRollout())(route),
  );
  const run = await runCli(['abort'], { stateDir: late.stateDir });
  expect(run).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('was live before it could be undone'),
  });
  expect(run.stderr).toContain('Bring 1.3.0 back with ./alwayson rollback.');
});

test('releases: list, show and verify', async () => {
  const entries = [createHistoryEntry(7, { kind: 'started', why: 'new stock' }), createHistoryEntry(8)];
  const check = { entries: 8, whole: true, brokenAt: null };
  const { stateDir, requests } = await startRolloutEnvironment((route) => {
    if (route === 'GET /api/releases') return [createRelease()];
    if (route === 'GET /api/releases/1.4.0') return createRelease();
    if (route === 'GET /api/release-history') return entries;
    if (route === 'GET /api/release-history/verify') return check;
    return route === 'GET /api/rollout' ? createUndoneRollout() : tellInTurn(createSucceededRollout())(route);
  });
  expect(JSON.parse((await runCli(['releases', '--json'], { stateDir })).stdout)).toEqual([createRelease()]);
  expect((await runCli(['releases'], { stateDir })).stdout).toMatch(/^version .*\n1\.4\.0 .*live.*\n$/);
  const shown = await runCli(['releases', 'show', '1.4.0'], { stateDir });
  expect(shown.stdout).toMatch(
    /succeeded after[\s\S]*What it cost:[\s\S]*History:\n {2}7 .* new stock; phase place\n/,
  );
  expect(shown.stdout.match(/✔ memory/g)).toHaveLength(3);
  const paths = requests.filter((request) => request.includes('release-history'));
  expect(paths[0]).toContain(`?release=${digest}&limit=1 `);
  expect(paths[1]).toContain('?rollout=deploy-1&limit=1000 ');
  const last = JSON.parse((await runCli(['releases', 'show', '--json'], { stateDir })).stdout);
  expect(last).toEqual({ release: null, rollout: createUndoneRollout(), history: entries });
  const whole = await runCli(['releases', 'verify'], { stateDir });
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('is whole: 8 entries') });
});

test('a history that was changed is told with its place; a release without a rollout with where it came from', async () => {
  const { stateDir } = await startRolloutEnvironment((route) => {
    if (route === 'GET /api/release-history/verify') return { entries: 8, whole: false, brokenAt: 3 };
    if (route === 'GET /api/releases/1.4.0') return createRelease();
    if (route === 'GET /api/release-history') return [];
    return route === 'GET /api/rollout' ? none : undefined;
  });
  const broken = await runCli(['releases', 'verify'], { stateDir });
  expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('broken at entry 3 of 8') });
  const first = await runCli(['releases', 'show', '1.4.0'], { stateDir });
  expect(first.stdout).toBe('1.4.0 (3fa2b1c9d0e1) is live and came in without a rollout.\n');
  expect((await runCli(['releases', 'show'], { stateDir })).code).toBe(3);
});

test('releases show --watch follows what runs', async () => {
  const { stateDir } = await startRolloutEnvironment((route) => {
    if (route === 'GET /api/release-history') return [];
    return route === 'GET /api/rollout' ? createRollout() : tellInTurn(createSucceededRollout())(route);
  });
  const run = await runCli(['releases', 'show', '--watch', '--json'], { stateDir });
  expect([run.code, (JSON.parse(run.stdout) as RolloutReport).state]).toEqual([0, 'succeeded']);
  expect(run.stderr).toContain('succeeded; 1.4.0 is live');
});

test('status shows what is under way in a line', () => {
  const operation = { id: 'deploy-1', kind: 'deploy', title: 'Release 1.4.0 after 1.3.0' };
  const operations = [
    { ...operation, state: 'running' },
    { ...operation, title: 'Release 1.3.0 after 1.2.0', state: 'succeeded' },
  ];
  const lines = renderStatus(createStatus({ operations }), createPainter(process.stdout)).split('\n');
  expect(stripVTControlCharacters(lines[2] ?? '')).toBe('  ▶ Release 1.4.0 after 1.3.0');
  expect(lines[3]).toBe('');
});

test('scale names zones and regions with numbers', async () => {
  const scaled = { changed: true, message: 'west-1 has 2 stamps.', zones: { 'west-1': 2 } };
  const unknown = new AlwaysOnError('AON_NOT_FOUND', 'There is no zone or region wset.');
  const { stateDir, bodies } = await startRolloutEnvironment((route, body) => {
    if (route === 'POST /api/scale') return body.includes('wset') ? unknown : scaled;
    return undefined;
  });
  const run = await runCli(['scale', 'west-1=2', 'east=1', '--reason', 'sale', ...who], { stateDir });
  expect(run).toEqual({ code: 0, stdout: 'west-1 has 2 stamps.\n', stderr: '' });
  expect(bodies('scale')).toEqual([{ targets: { 'west-1': 2, east: 1 }, owner: 'kim', reason: 'sale' }]);
  const typo = await runCli(['scale', 'wset=2'], { stateDir });
  expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean west?') });
  const wrong = [['west=0'], ['=2'], ['west=1', 'west=2'], []];
  const runs = await Promise.all(wrong.map((args) => runCli(['scale', ...args], { stateDir })));
  expect(runs.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  expect(bodies('scale')).toHaveLength(2);
});
