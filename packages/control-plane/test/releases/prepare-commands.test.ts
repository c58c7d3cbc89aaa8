import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMarked } from '@alwayson/engines/process/marked-processes.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createReleaseLab, installDir } from './release-lab.ts';

const script = (code: string) => ['node', '-e', `const fs = require('node:fs'); ${code}`];
/** Starts a process that leaves its session and never ends, with its standard output open; its pid is in the source's folder. */
const leave = (source: string) =>
  `const left = require('node:child_process').spawn('setsid', ['sleep', '600'], { stdio: 'inherit' });
   fs.writeFileSync(${JSON.stringify(join(source, 'coverage'))}, '' + left.pid);`;

function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
}

const pidOfLeft = (source: string) => Number(readFileSync(join(source, 'coverage'), 'utf8'));

test('a preparation gives way to what serves', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  // It may run before it is told.
  const build = script(
    `const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
     for (let n = 0; n < 1000 && require('node:os').getPriority() < 19; n += 1) wait();
     if (require('node:os').getPriority() < 19) throw new Error('It does not give way.');`,
  );
  const input = lab.inputOf({ component: { name: 'web', build }, flows: [{ name: 'see', path: ['web'] }] });
  await expect(lab.store().prepare(input)).resolves.toMatchObject({ files: expect.any(Number) });
});

test('install and builds run once, in the copy, with nothing of our environment', async () => {
  const lab = createReleaseLab();
  // The second is the mark by which a host ends all that belongs to the control plane's unit.
  const set = { ALWAYSON_TEST_TOKEN: 'secret', ALWAYSON_UNIT_KEY: 'key/witness/control-plane' };
  Object.assign(process.env, set);
  onTestFinished(() => Object.keys(set).forEach((name) => delete process.env[name]));
  lab.write('api.js', '');
  lab.write('web/page.html', 'hello');
  lab.write('node_modules/mine/index.js', 'of the source');
  const install = script(
    "fs.mkdirSync('node_modules/own', { recursive: true }); fs.writeFileSync('install.json', JSON.stringify(process.env))",
  );
  const build = script(
    `fs.cpSync('page.html', process.env.ALWAYSON_BUILD_DIR + '/page.html');
     fs.writeFileSync(process.env.ALWAYSON_BUILD_DIR + '/env.json', JSON.stringify({ ...process.env, exec: process.execPath }));
     fs.writeFileSync(process.env.HOME + '/junk', ''); fs.writeFileSync(process.env.TMPDIR + '/junk', '');
     console.log('built from ' + process.cwd());`,
  );
  const told: string[] = [];
  const input = lab.inputOf({
    release: { install },
    component: { name: 'web', cwd: 'web', build },
    flows: [{ name: 'see', path: ['web'] }],
  });
  const store = lab.store();
  const { digest } = await store.prepare({ ...input, tell: (what) => told.push(what) });

  const { tree, builds } = store.folder(digest);
  const built = builds.get('web') ?? '';
  expect(built).toBe(join(lab.root, digest, 'build/web'));
  expect(readFileSync(join(built, 'page.html'), 'utf8')).toBe('hello');
  expect(readdirSync(join(tree, 'node_modules'))).toEqual(['own']);
  const installed = JSON.parse(readFileSync(join(tree, 'install.json'), 'utf8')) as Record<string, string>;
  const { exec, ...env } = JSON.parse(readFileSync(join(built, 'env.json'), 'utf8')) as Record<
    string,
    string
  >;
  expect(exec).toBe(process.execPath);
  expect(env['PATH']?.startsWith(`${installDir}/node_modules/.bin:`)).toBe(true);
  expect(env['NODE_ENV']).toBe('production');
  expect(installed['NODE_ENV']).toBeUndefined();
  const ours = Object.keys({ ...env, ...installed }).filter((name) =>
    /ALWAYSON|TOKEN|npm_|VITEST/.test(name),
  );
  expect(ours.sort()).toEqual(['ALWAYSON_BUILD_DIR', 'ALWAYSON_UNIT_KEY']);
  expect(existsSync(env['HOME'] ?? '')).toBe(false);
  expect(existsSync(join(lab.root, digest, 'scratch'))).toBe(false);
  expect(told).toHaveLength(3);
  const log = readFileSync(join(lab.root, digest, 'prepare.log'), 'utf8');
  expect(log).toMatch(/^\$ node -e[^]*done after [\d.]+ s[^]*built from .*\/tree\/web\n\(done after/);
});

test('npm of the machine is found', async () => {
  const lab = createReleaseLab();
  lab.write('package.json', '{"name":"shop","version":"1.0.0","dependencies":{"own":"file:own"}}');
  lab.write('own/package.json', '{"name":"own","version":"1.0.0"}');
  lab.write('own/index.js', '');
  lab.write('api.js', '');
  const install = ['npm', 'install', '--offline', '--no-audit', '--no-fund'];
  const store = lab.store();
  const { digest } = await store.prepare(lab.inputOf({ release: { install } }));
  expect(existsSync(join(store.folder(digest).tree, 'node_modules/own/index.js'))).toBe(true);
});

test('a command that fails leaves its log and nothing else', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const store = lab.store();
  const build = script(
    `${leave(lab.source)} for (let n = 1; n <= 40; n++) console.log('line ' + n); console.error('no such font'); process.exit(3)`,
  );
  const error: unknown = await store
    .prepare(lab.inputOf({ component: { build } }, 'v1'))
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'AON_RELEASE_BROKEN' });
  const message = error instanceof Error ? error.message : '';
  expect(message).toMatch(/ended with code 3/);
  expect(message).toContain('line 40');
  expect(message).toContain('no such font');
  expect(message).not.toContain('line 5\n');
  const file = /All of it: (.*)/.exec(message)?.[1] ?? '';
  expect(file).toMatch(/\/releases\/\.failed\/2026-01-01T000001\.000Z-v1\.log$/);
  expect(readFileSync(file, 'utf8')).toContain('line 5\n');
  expect(readdirSync(lab.root)).toEqual(['.failed']);
  expect(isAlive(pidOfLeft(lab.source))).toBe(false);
  for (let n = 0; n < 6; n++) await store.prepare(lab.inputOf({ component: { build } })).catch(() => {});
  expect(readdirSync(join(lab.root, '.failed'))).toHaveLength(5);
});

test('a program that cannot be run is told', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const preparing = lab.store().prepare(lab.inputOf({ release: { install: ['no-such-program'] } }));
  await expect(preparing).rejects.toMatchObject({
    code: 'AON_RELEASE_BROKEN',
    message: expect.stringMatching(/cannot be run.*ENOENT/),
  });
});

test('what takes too long, and what is called off, is ended with all that it started', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const install = script(`${leave(lab.source)} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`);
  const input = lab.inputOf({ release: { install } });
  const late = lab.store({ commandDeadlineMs: 5000 }).prepare(input);
  await expect(late).rejects.toMatchObject({
    code: 'AON_RELEASE_BROKEN',
    message: expect.stringMatching(/was ended after 5 s/),
  });
  expect(isAlive(pidOfLeft(lab.source))).toBe(false);

  writeFileSync(join(lab.source, 'coverage'), '');
  const calledOff = new AbortController();
  const store = lab.store();
  const preparing = store.prepare(input, calledOff.signal);
  await expect.poll(() => pidOfLeft(lab.source), { timeout: 20_000 }).toBeGreaterThan(0);
  calledOff.abort();
  await expect(preparing).rejects.toMatchObject({ code: 'AON_INTERRUPTED' });
  expect(isAlive(pidOfLeft(lab.source))).toBe(false);
  expect(readdirSync(lab.root)).toEqual(['.failed']);
  await expect(store.prepare(input, calledOff.signal)).rejects.toMatchObject({ code: 'AON_INTERRUPTED' });
});

test('output without end stays within its bound', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const install = script(
    "const line = 'x'.repeat(1023) + '\\n'; for (let n = 0; n < 20_000; n++) fs.writeSync(1, line); fs.writeSync(1, 'the end\\n')",
  );
  const store = lab.store();
  const { digest } = await store.prepare(lab.inputOf({ release: { install } }));
  const log = readFileSync(join(lab.root, digest, 'prepare.log'), 'utf8');
  expect(log.length).toBeLessThan(4.1 * 1024 ** 2);
  expect(log).toMatch(/bytes more; the last of them:[^]*the end\n/);
});

test('what a control plane that was killed left half made is swept, with what still runs in it', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const install = script(`${leave(lab.source)} setInterval(() => {}, 1000)`);
  const input = lab.inputOf({ release: { install } });
  const program = `
    import { createReleaseStore } from '${import.meta.dirname}/../../src/releases/release-store.ts';
    await createReleaseStore({ environment: ${JSON.stringify(lab.environment)}, now: Date.now }).prepare(${JSON.stringify(input)});`;
  writeFileSync(join(lab.source, 'coverage'), '');
  const controlPlane = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: installDir,
    stdio: 'ignore',
  });
  await expect.poll(() => pidOfLeft(lab.source), { timeout: 20_000 }).toBeGreaterThan(0);
  controlPlane.kill('SIGKILL');
  const [partial = ''] = readdirSync(lab.root);
  expect(partial).toMatch(/^\.partial-/);
  mkdirSync(join(lab.root, '.removed-x/release'), { recursive: true });

  const store = lab.store();
  const { digest } = await store.prepare(lab.inputOf());
  expect(readdirSync(lab.root)).toEqual([digest]);
  expect(isAlive(pidOfLeft(lab.source))).toBe(false);
  expect(findMarked({ variable: 'HOME', value: join(lab.root, partial) })).toEqual([]);
});

test('a disk that is full is told as that, and nothing is left on it', async (context) => {
  const lab = createReleaseLab();
  lab.write('api.js', '');
  const stateDir = join(lab.folder, 'small');
  mkdirSync(stateDir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=230m', 'tmpfs', stateDir], { stdio: 'ignore' });
  } catch {
    context.skip('needs the right to mount');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', stateDir]));
  const store = lab.store({ environment: { ...lab.environment, stateDir } });
  const fill = script("fs.writeFileSync('big', Buffer.alloc(300 * 1024 ** 2))");
  await expect(store.prepare(lab.inputOf({ release: { install: fill } }))).rejects.toMatchObject({
    code: 'AON_DISK_FULL',
  });
  expect(readdirSync(join(stateDir, 'releases'))).toEqual([]);
  lab.write('big', 'x'.repeat(40 * 1024 ** 2));
  await expect(store.prepare(lab.inputOf())).rejects.toMatchObject({
    code: 'AON_DISK_FULL',
    message: expect.stringMatching(/takes 40 MiB and leaves 200 MiB to the databases; 2\d\d MiB are free/),
  });
  expect(readdirSync(join(stateDir, 'releases'))).toEqual([]);
});
