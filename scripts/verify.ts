import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Everything that must hold before a change lands: all static checks, then all tests. */
const root = resolve(import.meta.dirname, '..');
const programs = join(root, 'node_modules/.bin');
const typedProjects = ['.', 'packages/console', 'workloads/catalog/web/client'];

interface Check {
  name: string;
  command: readonly string[];
}

const checks: readonly Check[] = [
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  ...typedProjects
    .filter((project) => existsSync(join(root, project, 'tsconfig.json')))
    .map((project) => ({ name: `types of ${project}`, command: ['tsc', '-p', project] })),
  {
    name: 'arrows',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.json',
      'packages',
      'workloads',
      'scripts',
      'bench',
      'e2e',
    ],
  },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];

function run(command: readonly string[], stdio: 'pipe' | 'inherit') {
  const [program = '', ...args] = command;
  return spawnSync(join(programs, program), args, {
    cwd: root,
    stdio,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}` },
  });
}

function passes({ name, command }: Check): boolean {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = run(command, 'pipe');
  const isGood = status === 0;
  console.log(
    `${isGood ? 'ok    ' : 'FAILED'}  ${name}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  if (!isGood) console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  return isGood;
}

const failed = checks.filter((check) => !passes(check)).map(({ name }) => name);
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}. The tests were not run.`);
  process.exit(1);
}
/** What each suite proves: its own code against real engines, then the whole estate from outside. */
const suites = [
  ['vitest', 'run'],
  ['vitest', 'run', '--config', 'e2e/vitest.config.ts'],
];
for (const suite of suites) {
  const status = run(suite, 'inherit').status ?? 1;
  if (status !== 0) process.exit(status);
}
