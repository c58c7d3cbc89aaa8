import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
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

const sharedMemory = '/dev/shm';
const scratchBytesMin = 6 * 1024 ** 3;

/**
 * Where tests keep what they write. Dozens of database servers are made and copied, each with all that it syncs, and no test is about a
 * disk: in memory, where there is room, they do not wait for one. Engines of another user pass through it.
 */
function makeScratch(): string {
  const hasRoom = () => {
    const { bavail, bsize } = statfsSync(sharedMemory);
    return Math.min(bavail * bsize, freemem()) >= scratchBytesMin;
  };
  const parent = existsSync(sharedMemory) && hasRoom() ? sharedMemory : tmpdir();
  const scratch = mkdtempSync(join(parent, 'aon-'));
  chmodSync(scratch, 0o755);
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  // Heard when the suite that was interrupted too has ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  return scratch;
}

function run(command: readonly string[], stdio: 'pipe' | 'inherit', env: NodeJS.ProcessEnv = {}) {
  const [program = '', ...args] = command;
  return spawnSync(join(programs, program), args, {
    cwd: root,
    stdio,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    env: { ...process.env, ...env, PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}` },
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
const scratch = makeScratch();
for (const suite of suites) {
  const status = run(suite, 'inherit', { TMPDIR: scratch }).status ?? 1;
  if (status !== 0) process.exit(status);
}
