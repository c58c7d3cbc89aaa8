import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Problem } from '@alwayson/protocol/problem.ts';
import { Status } from '@alwayson/protocol/status.ts';
import type { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { installDir } from '../../src/install-dir.ts';
import { createProgram } from '../../src/program.ts';
import { startMarkedProcess } from '../support/marked-process.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';
import { sampleEvents, startStandInControlPlane } from '../support/stand-in-control-plane.ts';

/** A state folder whose environment has one living process and a control plane that answers. */
async function startEnvironment() {
  const stateDir = createStateDir();
  const controlPlane = await startStandInControlPlane();
  const environment = await createSampleEnvironment(stateDir, {
    frontDoor: 18_221,
    console: controlPlane.port,
  });
  await startMarkedProcess(stateDir);
  return { stateDir, environment, controlPlane };
}

function listCommands(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...listCommands(command)]);
}

test('every command has a help with an example, --json and --config', () => {
  const leaves = listCommands(createProgram()).filter(({ commands }) => commands.length === 0);
  expect(leaves.length).toBeGreaterThanOrEqual(11);
  for (const command of leaves) {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    expect(text).toMatch(/Example:\n {2}\$ \.\/alwayson \w+/);
    expect(text).toContain('--json');
    expect(text).toContain('--config');
  }
});

test.each([
  [['fly'], 'AON_USAGE', 2],
  [['up', '--port', 'abc'], 'AON_USAGE', 2],
  [['logs'], 'AON_USAGE', 2],
  [['events', '--limit', '0'], 'AON_USAGE', 2],
  [['down', '--purge'], 'AON_USAGE', 2],
  [['up', '--config', '/nowhere.json'], 'AON_MANIFEST_MISSING', 2],
  [['status'], 'AON_NOT_RUNNING', 4],
  [['down'], 'AON_NOT_RUNNING', 4],
  [['kill', 'west-1'], 'AON_NOT_RUNNING', 4],
  [['open'], 'AON_NOT_RUNNING', 4],
])('%j ends with %s and exit code %i, told for people and for programs', async (args, code, exit) => {
  const stateDir = createStateDir();
  const [forPeople, forPrograms] = await Promise.all([
    runCli(args, { stateDir }),
    runCli([...args, '--json'], { stateDir }),
  ]);
  expect(forPeople).toMatchObject({
    code: exit,
    stdout: '',
    stderr: expect.stringMatching(`^${code}: .+\n(.*\n)*  next: .+\n$`),
  });
  expect(forPrograms.code).toBe(exit);
  expect(Problem.parse(JSON.parse(forPrograms.stdout)).code).toBe(code);
});

test('status, events, kill, revive and open speak to the control plane as the operator', async () => {
  const { stateDir, environment, controlPlane } = await startEnvironment();
  const status = await runCli(['status', '--json'], { stateDir });
  expect(Status.parse(JSON.parse(status.stdout)).workload).toBe('shop');
  expect((await runCli(['status'], { stateDir })).stdout).toContain('shop (main, production) is degraded');
  expect(JSON.parse((await runCli(['events', '--limit', '7', '--json'], { stateDir })).stdout)).toEqual(
    sampleEvents,
  );
  expect((await runCli(['kill', 'west-1'], { stateDir })).stdout).toBe('Killed zone west-1.\n');
  expect(JSON.parse((await runCli(['revive', 'west-1', '--json'], { stateDir })).stdout)).toMatchObject({
    kind: 'zone',
  });
  const bearer = `Bearer ${environment.tokens.operator}`;
  expect(controlPlane.requests).toContain(`GET /api/events?limit=7 ${bearer}`);
  expect(controlPlane.requests).toContain(`POST /api/kill {"target":"west-1"} ${bearer}`);
  expect(controlPlane.requests).toContain(`POST /api/revive {"target":"west-1"} ${bearer}`);
  const open = await runCli(['open'], { stateDir });
  expect(open.stdout).toContain(
    `http://localhost:${controlPlane.port}/login?token=${environment.tokens.operator}`,
  );
});

test("a refusal keeps the control plane's code", async () => {
  const { stateDir } = await startEnvironment();
  const run = await runCli(['kill', 'nowhere'], { stateDir });
  expect(run).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('AON_NOT_FOUND: Nothing is called nowhere.'),
  });
});

test('events --follow shows what was and what comes, one document a line', async () => {
  const { stateDir } = await startEnvironment();
  const child = spawn(
    process.execPath,
    [join(installDir, 'packages/cli/src/main.ts'), 'events', '--follow', '--json'],
    {
      env: { ALWAYSON_HOME: stateDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  while (text.split('\n').length < 4) {
    const [part] = (await once(child.stdout, 'data')) as [Buffer];
    text += part.toString();
  }
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq),
  ).toEqual([1, 2, 3]);
});

test('a control plane that is away is told apart from nothing at all', async () => {
  const stateDir = createStateDir();
  await createSampleEnvironment(stateDir, { frontDoor: 18_223, console: 18_224 });
  await startMarkedProcess(stateDir);
  const run = await runCli(['status'], { stateDir });
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^AON_UNREACHABLE: The control plane does not answer on port 18224.*\n {2}cause: connect ECONNREFUSED.*\n {2}next: Its host is gone too/,
    ),
  });
});

test('manifest check tells all faults to programs too', async () => {
  const stateDir = createStateDir();
  const run = await runCli(['manifest', 'check', join(installDir, 'package.json'), '--json'], { stateDir });
  expect(run.code).toBe(2);
  const { code, faults } = JSON.parse(run.stdout) as {
    code: string;
    faults: { line: number; field: string }[];
  };
  expect(code).toBe('AON_MANIFEST_INVALID');
  expect(faults.find(({ field }) => field === 'regions')).toBeDefined();
  expect(faults.every(({ line }) => line > 0)).toBe(true);
});

test('manifest schema prints one JSON document', async () => {
  const run = await runCli(['manifest', 'schema'], { stateDir: createStateDir() });
  expect(JSON.parse(run.stdout)).toMatchObject({ title: 'AlwaysOn workload manifest', type: 'object' });
});

test('doctor lists every prerequisite with what was found and how to get it', async () => {
  const run = await runCli(['doctor', '--json'], { stateDir: createStateDir() });
  const { ok, prerequisites } = JSON.parse(run.stdout) as {
    ok: boolean;
    prerequisites: { name: string; found: string | null; fix: object }[];
  };
  expect(run.code).toBe(ok ? 0 : 1);
  const names = prerequisites.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['Node.js', 'PostgreSQL', 'PgBouncer', 'HAProxy', 'Redis', 'pgBackRest']),
  );
  for (const { fix } of prerequisites) expect(Object.keys(fix)).toEqual(['debian', 'fedora', 'macos']);
  expect(prerequisites.find(({ name }) => name === 'HAProxy')?.found).toMatch(/^\d+\.\d+/);
});

test('down ends what runs; with --purge nothing is left', async () => {
  const { stateDir } = await startEnvironment();
  const run = await runCli(['down', '--purge', '--yes', '--json'], { stateDir });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ stopped: 1, removed: expect.arrayContaining([stateDir]) });
});
