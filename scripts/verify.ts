import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

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

function toOptions(env: NodeJS.ProcessEnv = {}) {
  const path = `${programs}${delimiter}${process.env['PATH'] ?? ''}`;
  return { cwd: root, env: { ...process.env, ...env, PATH: path } };
}

async function passes({ name, command: [program = '', ...args] }: Check): Promise<boolean> {
  const startedAt = performance.now();
  const options = { ...toOptions(), maxBuffer: 64 * 1024 ** 2 };
  const failure = await promisify(execFile)(join(programs, program), args, options).then(
    () => null,
    (error: Error & { stdout: string; stderr: string }) => error,
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${failure === null ? 'ok    ' : 'FAILED'}  ${name}  ${seconds} s`);
  if (failure !== null) console.log(`${failure.stdout}${failure.stderr}${failure.message}`);
  return failure === null;
}

/** Two at a time: most of them use one core only. */
async function runChecks(): Promise<string[]> {
  const left = [...checks];
  const failures: string[] = [];
  const lane = async () => {
    for (let check = left.shift(); check !== undefined; check = left.shift())
      if (!(await passes(check))) failures.push(check.name);
  };
  await Promise.all([lane(), lane()]);
  return failures;
}

const failed = await runChecks();
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
  const [program = '', ...args] = suite;
  const options = { ...toOptions({ TMPDIR: scratch }), stdio: 'inherit' as const };
  const status = spawnSync(join(programs, program), args, options).status ?? 1;
  if (status !== 0) process.exit(status);
}
