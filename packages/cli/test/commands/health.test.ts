import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { HealthExplanation, HealthReport } from '@alwayson/protocol/health.ts';
import { SharesReport } from '@alwayson/protocol/shares.ts';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { installDir } from '../../src/install-dir.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createExplanation, createHealthReport, createTroubledReport } from '../support/sample-health.ts';
import { createSharesReport } from '../support/sample-shares.ts';
import { createStateDir } from '../support/scratch.ts';
import { type MoreAnswers, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

let at: string;
let explanation: HealthExplanation;
// As fresh as a control plane's: an old one is told as such.
beforeEach(() => {
  at = new Date().toISOString();
  explanation = createExplanation({ at });
});
const answers: MoreAnswers = (route) => {
  if (route === 'GET /api/health') return createTroubledReport({ at });
  if (route === 'GET /api/shares') return createSharesReport({ at });
  if (route.startsWith('GET /api/health/')) return explanation;
  return undefined;
};

async function startEnvironment(also = answers) {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane(also);
  await createSampleEnvironment(stateDir, { frontDoor: 18_261, console: controlPlane.port });
  await startMarkedProcess(stateDir);
  return { stateDir, requests: controlPlane.requests };
}

/** The documents that a watch writes, one a line. */
function watch(args: readonly string[], stateDir: string) {
  const child = spawn(
    process.execPath,
    [join(installDir, 'packages/cli/src/main.ts'), ...args, '--watch', '--json'],
    {
      env: { ALWAYSON_HOME: stateDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  return { child, next };
}

test('health shows the tree for people and the report for programs', async () => {
  const { stateDir } = await startEnvironment();
  const [text, json] = await Promise.all([
    runCli(['health'], { stateDir }),
    runCli(['health', '--json'], { stateDir }),
  ]);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^Why:\n {2}✖ stamp:west-1-abc unhealthy for .+\n\n◐ workload:shop degraded for /s,
  );
  expect(HealthReport.parse(JSON.parse(json.stdout))).toEqual(createTroubledReport({ at }));
});

test('health of an entity is of it and what is below it, by id or by a name that only one has', async () => {
  const { stateDir } = await startEnvironment();
  const [byId, byName, json] = await Promise.all([
    runCli(['health', 'component:api'], { stateDir }),
    runCli(['health', 'api'], { stateDir }),
    runCli(['health', 'api', '--json'], { stateDir }),
  ]);
  expect(byId.stdout).toContain('\n◐ component:api degraded for ');
  expect(byId.stdout).not.toContain('workload:shop');
  expect(byName).toEqual(byId);
  const { entities } = HealthReport.parse(JSON.parse(json.stdout));
  expect(entities.map(({ id }) => id)).toEqual(['component:api', 'stamp:west-1-abc', 'stamp:east-1-abc']);
});

test.each([
  [
    ['health', 'flow:bui'],
    'AON_NOT_FOUND: The health model has nothing called flow:bui. Did you mean flow:buy?',
  ],
  [['explain', 'ordrs'], 'AON_NOT_FOUND: The health model has nothing called ordrs. Did you mean orders?'],
  [
    ['health', 'somewhere-else', '--watch'],
    'AON_NOT_FOUND: The health model has nothing called somewhere-else.\n',
  ],
  [
    ['explain', 'west-1'],
    'AON_USAGE: west-1 is the name of 2 things.\n  next: Say which: zone:west-1 or host:west-1.',
  ],
  [['explain'], "AON_USAGE: missing required argument 'entity'"],
])('%j is refused with exit code 2', async (args, message) => {
  const { stateDir } = await startEnvironment();
  const run = await runCli(args, { stateDir });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr.startsWith(message)).toBe(true);
});

test('explain asks for the id that is meant', async () => {
  const { stateDir, requests } = await startEnvironment();
  const text = await runCli(['explain', 'buy'], { stateDir });
  expect(text).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^◐ flow:buy .*Made of:/s),
  });
  expect(requests.some((request) => request.startsWith('GET /api/health/flow%3Abuy '))).toBe(true);
  const json = await runCli(['explain', 'flow:buy', '--json'], { stateDir });
  expect(HealthExplanation.parse(JSON.parse(json.stdout))).toEqual(explanation);
});

test('shares shows who gets what, as a table and as a document', async () => {
  const { stateDir } = await startEnvironment();
  const [text, json] = await Promise.all([
    runCli(['shares'], { stateDir }),
    runCli(['shares', '--json'], { stateDir }),
  ]);
  expect(text).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('\nregion west\n  ● west-1-abc'),
  });
  expect(SharesReport.parse(JSON.parse(json.stdout))).toEqual(createSharesReport({ at }));
});

test('health --watch tells only of what changes, and goes on while the control plane is away', async () => {
  const reports = [
    createHealthReport(),
    createHealthReport(),
    createHealthReport({}, { at: '2026-01-01T10:00:01.000Z' }),
    new AlwaysOnError('AON_UNREACHABLE', 'It is away.'),
    createTroubledReport(),
  ];
  let asked = 0;
  const { stateDir } = await startEnvironment((route) =>
    route === 'GET /api/health' ? (reports[asked++] ?? createTroubledReport()) : undefined,
  );
  const { child, next } = watch(['health', 'component:api'], stateDir);
  const note = once(child.stderr, 'data');
  expect(HealthReport.parse(await next()).entities.map(({ state }) => state)).toEqual(
    Array(3).fill('healthy'),
  );
  expect(HealthReport.parse(await next()).entities[0]).toMatchObject({
    id: 'component:api',
    state: 'degraded',
  });
  expect(String((await note)[0])).toMatch(/^The control plane does not answer/);
});

test('shares --watch tells of a new generation', async () => {
  let asked = 0;
  const { stateDir } = await startEnvironment((route) => {
    if (route !== 'GET /api/shares') return undefined;
    asked += 1;
    return createSharesReport({ generation: asked > 3 ? 8 : 7, demand: asked });
  });
  const { next } = watch(['shares'], stateDir);
  expect(await next()).toMatchObject({ generation: 7, demand: 2 });
  expect(await next()).toMatchObject({ generation: 8, demand: 4 });
});
