import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Problem } from '@alwayson/protocol/problem.ts';
import { DeployRequest, type RolloutReport } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { sampleInput } from '../support/sample-manifest.ts';
import {
  createPlan,
  createRollout,
  createSucceededRollout,
  createUndoneRollout,
} from '../support/sample-rollout.ts';
import { createScratch } from '../support/scratch.ts';
import { cutOff } from '../support/stand-in-control-plane.ts';
import { startRolloutEnvironment, tellInTurn } from '../support/start-rollout.ts';

function createShop(): string {
  const folder = join(createScratch(), 'shop');
  mkdirSync(folder);
  writeFileSync(join(folder, 'alwayson.config.json'), JSON.stringify(sampleInput));
  return folder;
}

/** A repository whose folder has changed since the commit `v1`. */
function createRepository(): { folder: string; commit: string } {
  const folder = createShop();
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=kim', '-c', 'user.email=kim@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  git('tag', 'v1');
  writeFileSync(
    join(folder, 'alwayson.config.json'),
    JSON.stringify({ ...sampleInput, owner: 'somebody else' }),
  );
  return { folder, commit: git('rev-parse', 'HEAD').trim() };
}

/** An environment where a deploy is answered, and what was asked for. */
async function startDeploy(...reportsInTurn: readonly RolloutReport[]) {
  const reports = tellInTurn(...reportsInTurn);
  const started = await startRolloutEnvironment((route) =>
    route === 'POST /api/releases/deploy' ? createRollout({ gates: [] }) : reports(route),
  );
  const requests = () => started.bodies('releases/deploy').map((body) => DeployRequest.parse(body));
  return { ...started, deploys: requests };
}

test('a folder is read, sent with its manifest, and followed until it is live', async () => {
  const { stateDir, deploys } = await startDeploy(createSucceededRollout());
  const folder = createShop();
  const what = ['--version', '1.4.0', '--reason', 'stock', '--owner', 'kim', '--plan-id', 'plan-1'];
  const run = await runCli(['deploy', './shop', ...what, '--override', '--json'], {
    stateDir,
    cwd: join(folder, '..'),
  });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual(createSucceededRollout());
  expect(run.stderr).toContain('succeeded; 1.4.0 is live\n');
  expect(deploys()).toMatchObject([
    {
      path: folder,
      source: { kind: 'folder', path: folder },
      manifest: { name: 'shop', owner: 'team shop', release: { bakeSeconds: 30 } },
      version: '1.4.0',
      reason: 'stock',
      owner: 'kim',
      planId: 'plan-1',
      override: true,
    },
  ]);
});

test('of a revision the files as they were are sent, and what was exported goes when they are copied', async () => {
  const { folder, commit } = createRepository();
  const copying = createRollout({ phase: 'prepare' });
  const { stateDir, deploys } = await startDeploy(copying, createUndoneRollout());
  const run = await runCli(['deploy', folder, '--revision', 'v1'], { stateDir });
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('AON_ROLLOUT_UNDONE') });
  const [sent] = deploys();
  expect(sent).toMatchObject({
    source: { kind: 'git', path: folder, revision: commit },
    manifest: { owner: 'team shop' },
  });
  expect(sent?.path).not.toBe(folder);
  expect(existsSync(sent?.path ?? '')).toBe(false);
});

test('--detach of a revision returns when its files are copied', async () => {
  const { folder } = createRepository();
  const reports = tellInTurn(
    createRollout({ phase: 'prepare' }),
    cutOff,
    createRollout({ phase: 'migrate' }),
  );
  const { stateDir, bodies, requests } = await startRolloutEnvironment((route) =>
    route === 'POST /api/releases/deploy' ? createRollout({ phase: 'prepare' }) : reports(route),
  );
  const run = await runCli(['deploy', folder, '--revision', 'v1', '--detach'], { stateDir });
  expect(run).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^Begun: bring in 1\.4\.0/),
  });
  expect(requests.filter((request) => request.startsWith('GET /api/rollouts/deploy-1'))).toHaveLength(3);
  const [sent] = bodies('releases/deploy').map((body) => DeployRequest.parse(body));
  expect(existsSync(sent?.path ?? '')).toBe(false);
});

test('a plan is waited for across a restart of the control plane, and says how to run it', async () => {
  const folder = createShop();
  const forgotten = new AlwaysOnError('AON_NOT_FOUND', 'No plan 1 is being made.');
  const making = { planning: '1', plan: null };
  const answers = [making, cutOff, forgotten, making, { planning: '2', plan: createPlan() }];
  const { stateDir, bodies } = await startRolloutEnvironment((route) => {
    if (route === 'POST /api/releases/plan') return making;
    return route === 'GET /api/releases/plans/1' ? answers.shift() : undefined;
  });
  const what = ['--version', '1.4.0', '--reason', 'new stock'];
  const run = await runCli(['deploy', folder, '--plan', ...what], { stateDir });
  expect(run.code).toBe(0);
  expect(run.stderr).toBe('The control plane was restarted: the plan is made anew.\n');
  expect(run.stdout).toMatch(/^Plan plan-0f3e: bring in 1\.4\.0/);
  expect(run.stdout).toMatch(
    new RegExp(
      `\\n {2}\\./alwayson deploy ${folder} --version 1\\.4\\.0 --reason 'new stock' --plan-id plan-0f3e\\n$`,
    ),
  );
  expect(bodies('releases/plan')).toHaveLength(2);
  expect(bodies('releases/deploy')).toEqual([]);
});

test('a plan that would be refused ends with 3 and names why; one that cannot be made with its error', async () => {
  const folder = createShop();
  const plan = createPlan({ refusals: ['Another set of stores'] });
  const refused = await startRolloutEnvironment((route) =>
    route === 'POST /api/releases/plan' ? { planning: '1', plan } : undefined,
  );
  const run = await runCli(['deploy', folder, '--plan', '--json'], { stateDir: refused.stateDir });
  expect([run.code, JSON.parse(run.stdout)]).toEqual([3, plan]);
  const error = new AlwaysOnError('AON_RELEASE_BROKEN', 'npm ci failed.');
  const broken = await startRolloutEnvironment((route) => {
    if (route === 'POST /api/releases/plan') return { planning: '1', plan: null };
    return route === 'GET /api/releases/plans/1' ? error : undefined;
  });
  const failed = await runCli(['deploy', folder, '--plan'], { stateDir: broken.stateDir });
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^AON_RELEASE_BROKEN: npm ci failed/),
  });
});

test('a refusal ends with its code; what was exported for it is removed', async () => {
  const { folder } = createRepository();
  const running = new AlwaysOnError('AON_ROLLOUT_RUNNING', '1.3.1 is on its way.');
  const { stateDir, bodies } = await startRolloutEnvironment((route) =>
    route.startsWith('POST') ? running : undefined,
  );
  const run = await runCli(['deploy', folder, '--revision', 'v1', '--json'], { stateDir });
  expect([run.code, Problem.parse(JSON.parse(run.stdout)).code]).toEqual([3, 'AON_ROLLOUT_RUNNING']);
  const [sent] = bodies('releases/deploy').map((body) => DeployRequest.parse(body));
  expect(existsSync(sent?.path ?? '/')).toBe(false);
});

test('what cannot be deployed is told before anybody is asked', async () => {
  const { stateDir, requests } = await startRolloutEnvironment(() => undefined);
  const folder = createShop();
  const wrong = [
    [['deploy', join(folder, 'nowhere')], 'AON_MANIFEST_MISSING'],
    [['deploy', folder, '--config', 'other.json'], 'AON_USAGE'],
    [['deploy', folder, '--plan', '--detach'], 'AON_USAGE'],
    [['deploy', folder, '--watch', '--detach'], 'AON_USAGE'],
    [['deploy'], 'AON_USAGE'],
  ] as const;
  const runs = await Promise.all(wrong.map(([args]) => runCli(args, { stateDir })));
  for (const [index, [, code]] of wrong.entries())
    expect(runs[index]).toMatchObject({ code: 2, stderr: expect.stringMatching(`^${code}: `) });
  expect(requests).toEqual([]);
  const nothing = await runCli(['deploy', folder], { stateDir: join(folder, 'none') });
  expect(nothing).toMatchObject({ code: 4, stderr: expect.stringMatching(/^AON_NOT_RUNNING/) });
});

test('preview prints the token, a curl line and a cookie for a browser', async () => {
  const preview = { token: 'west-1.99.abc', expiresAt: '2026-01-01T10:30:00.000Z' };
  const unknown = new AlwaysOnError('AON_NOT_FOUND', 'There is no release 1.4.');
  const { stateDir, bodies } = await startRolloutEnvironment((route, body) => {
    if (route !== 'POST /api/previews') return undefined;
    return body.includes('"1.4"') ? unknown : preview;
  });
  const run = await runCli(['preview', '1.4.0', '--minutes', '10'], { stateDir });
  expect(run.stdout).toBe(
    `
west-1.99.abc

Until 2026-01-01T10:30:00.000Z:
  curl -H 'x-alwayson-preview: west-1.99.abc' http://localhost:18241/
In a browser, at http://localhost:18241, in the console of its developer tools:
  document.cookie = 'alwayson-preview=west-1.99.abc; path=/; max-age=600'
`.slice(1),
  );
  expect(bodies('previews')).toEqual([{ target: '1.4.0', minutes: 10 }]);
  const json = await runCli(['preview', '1.4.0', '--json'], { stateDir });
  expect(JSON.parse(json.stdout)).toMatchObject({ ...preview, header: 'x-alwayson-preview' });
  expect((await runCli(['preview', '1.4'], { stateDir })).code).toBe(2);
});
