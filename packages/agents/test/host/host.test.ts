import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callHost, createHostLab, eventually, type HostLab, lives } from './host-lab.ts';

const zone = 'west-1';
const isRoot = process.getuid?.() === 0;
let lab: HostLab;

beforeEach(() => {
  lab = createHostLab('201.2');
});
afterEach(async () => {
  await lab.close();
});

const apply = (spec: UnitSpecInput) => lab.call(zone, `PUT /units/${spec.id}`, spec);
const post = (path: string, body?: unknown) => lab.call(zone, `POST ${path}`, body);
const ready = (id: string) => lab.until(zone, id, ({ state }) => state === 'ready');
const address = () => lab.environment.zones.find(({ name }) => name === zone)?.address ?? '';
const hostDir = () => join(lab.environment.stateDir, 'hosts', zone);

test('a second host of the zone refuses to start and touches nothing', async () => {
  const pid = await lab.startHost(zone);
  await apply(lab.spec(zone, 'unit'));
  await ready('unit');
  const names = () => readdirSync(hostDir()).filter((name) => name.includes('.'));
  const files = () => names().map((name) => readFileSync(join(hostDir(), name), 'utf8'));
  const before = files();
  const second = await lab.runHost(zone);
  expect(second.exitCode).toBe(3);
  expect(second.output).toContain('AON_ALREADY_RUNNING');
  expect(files()).toEqual(before);
  expect((await lab.status(zone)).pid).toBe(pid);
});

test('a host that is not told who it is says so', async () => {
  expect(await lab.runHost('nowhere')).toMatchObject({
    exitCode: 2,
    output: expect.stringContaining('has no zone nowhere; it has witness, west-1, west-2'),
  });
  const damaged = join(lab.environment.stateDir, 'damaged.json');
  writeFileSync(damaged, '{');
  const host = await lab.runHost(zone, { ALWAYSON_ENVIRONMENT: damaged });
  expect(host).toMatchObject({ exitCode: 1, output: expect.stringContaining('AON_STATE_FOLDER') });
});

test('nobody is answered without the token, and mistakes are told', async () => {
  await lab.startHost(zone);
  const ask = (what: string, token = 'agents-token') => callHost({ address: address(), token, what });
  expect(await ask('GET /host', 'wrong')).toMatchObject({ status: 401, body: { code: 'AON_UNAUTHORIZED' } });
  expect(await ask('GET /nothing', 'wrong')).toMatchObject({ status: 401 });
  expect(await ask('GET /nothing')).toMatchObject({ status: 404, body: { code: 'AON_NOT_FOUND' } });
  expect(await ask('POST /units/none/start')).toMatchObject({ status: 404 });
  expect(await lab.call(zone, 'PUT /units/unit', { id: 'unit' })).toMatchObject({
    status: 400,
    body: { code: 'AON_USAGE' },
  });
  const mislabelled = await lab.call(zone, 'PUT /units/other', lab.spec(zone, 'unit'));
  expect(mislabelled).toMatchObject({ status: 400 });
  const escaping = { ...lab.spec(zone, 'unit'), files: [{ path: '../../evil', content: '' }] };
  expect(await apply(escaping)).toMatchObject({ status: 400 });
  // The keeper's routes are the witness's alone.
  expect(await ask('GET /hosts')).toMatchObject({ status: 404 });
});

test('a unit starts from a clean environment with placeholders filled in', async () => {
  await lab.startHost(zone);
  const spec = lab.spec(zone, 'clean', { env: { WHERE: '{dir}/x', NODE: '{node}' } });
  await apply(spec);
  await ready('clean');
  const answer = await fetch(`http://${spec.address}:${spec.port}/env`);
  const env = (await answer.json()) as Record<string, string>;
  expect(Object.keys(env).sort()).toEqual([
    'ALWAYSON_UNIT_KEY',
    'HOME',
    'HOST',
    'LANG',
    'NODE',
    'PATH',
    'PORT',
    'WHERE',
  ]);
  expect(env).toMatchObject({ WHERE: `${lab.unitDir(zone, 'clean')}/x`, NODE: process.execPath });
  expect(env.ALWAYSON_UNIT_KEY).toMatch(/^[0-9a-f]{12}\/west-1\/clean$/);
});

test.runIf(isRoot)('an engine unit runs as its user and owns its folder and files', async () => {
  await lab.startHost(zone);
  const files = [{ path: 'conf/engine.conf', content: 'x', mode: 0o640 }];
  await apply(lab.spec(zone, 'engine', { runAs: 'engine', files }));
  const { pid } = await ready('engine');
  const uid = Number(execFileSync('id', ['-u', 'postgres']));
  expect(statSync(`/proc/${pid}`).uid).toBe(uid);
  const dir = lab.unitDir(zone, 'engine');
  for (const path of [dir, join(dir, 'conf'), join(dir, 'log'), join(dir, 'conf/engine.conf')]) {
    expect(statSync(path).uid).toBe(uid);
  }
  expect(statSync(join(dir, 'conf/engine.conf')).mode & 0o777).toBe(0o640);
  const task = await post('/units/engine/tasks', { command: ['id', '-u'] });
  expect(task.body).toMatchObject({ stdout: `${uid}\n` });
});

test('a long poll is answered at a change, at once for another version, or when the wait is over', async () => {
  await lab.startHost(zone);
  // The first look at its resources is a change too.
  await expect.poll(async () => (await lab.status(zone)).resources, { timeout: 30_000 }).toBeDefined();
  const { version } = await lab.status(zone);
  const wait = (after: number, waitMs: number) =>
    lab.call(zone, `GET /host?after=${after}&waitMs=${waitMs}`).then(({ body }) => body);
  const startedAt = performance.now();
  expect(await wait(version, 300)).toMatchObject({ version });
  expect(performance.now() - startedAt).toBeGreaterThan(290);

  const held = wait(version, 30_000);
  await apply(lab.spec(zone, 'news'));
  expect(await held).toMatchObject({ units: [{ id: 'news' }] });
  // A reader that knew another host of the zone is answered too, whatever its version was.
  expect(await wait(version + 1_000_000, 30_000)).toMatchObject({ zone });
});

test('a damaged record is set aside and told, and what runs is adopted when it is asked for again', async () => {
  const first = await lab.startHost(zone);
  const spec = lab.spec(zone, 'survivor');
  await apply(spec);
  const { pid } = await ready('survivor');
  process.kill(first, 'SIGKILL');
  await eventually('the host is gone', () => !lives(first));
  writeFileSync(join(hostDir(), 'units.json'), '{"format":1,"units":[{"spe');

  await lab.startHost(zone);
  const status = await lab.status(zone);
  expect(status.units).toEqual([]);
  expect(status.problems).toEqual([expect.stringContaining('AON_STATE_CORRUPT')]);
  expect(readFileSync(join(hostDir(), 'units.json.corrupt'), 'utf8')).toContain('"spe');
  expect(lives(pid ?? 0)).toBe(true);
  await apply(spec);
  expect((await ready('survivor')).pid).toBe(pid);
});

test('a change that a killed host did not get to is made by the next one', async () => {
  const first = await lab.startHost(zone);
  const files = [{ path: 'config.txt', content: 'new' }];
  await apply(lab.spec(zone, 'behind', { files, reloadSignal: 'SIGHUP' }));
  const { pid } = await ready('behind');
  process.kill(first, 'SIGKILL');
  await eventually('the host is gone', () => !lives(first));
  const running = join(hostDir(), 'running.json');
  const record = JSON.parse(readFileSync(running, 'utf8'));
  record.running[0].inForce.files = 'older';
  writeFileSync(running, JSON.stringify(record));

  await lab.startHost(zone);
  await eventually('it is reloaded', async () => {
    const { body } = await lab.call(zone, 'GET /units/behind/log?lines=10');
    return String(body).includes('reloaded new');
  });
  expect((await ready('behind')).pid).toBe(pid);
});

test('a followed log goes on through rotation', async () => {
  await lab.startHost(zone);
  await apply(lab.spec(zone, 'chatty', { env: { MODE: 'chatty' } }));
  await ready('chatty');
  const file = join(lab.unitDir(zone, 'chatty'), 'log/unit.log');
  const options = {
    host: address(),
    port: zonePorts.host,
    path: '/units/chatty/log?lines=1&follow=true',
    headers: { authorization: 'Bearer agents-token' },
  };
  let text = '';
  const sent = request(options, (response) => {
    response.on('data', (chunk) => {
      text += String(chunk);
    });
    response.on('error', () => {});
  });
  sent.end();
  await eventually('lines arrive', () => text.split('\n').length > 20);
  writeFileSync(file, ''); // as a rotation cuts it
  const before = text.length;
  await eventually('lines arrive after the cut', () => text.length > before + 500);
  sent.destroy();
});

test('a shutdown leaves nothing, and the next host starts what was desired in order', async () => {
  const first = await lab.startHost(zone);
  await apply(lab.spec(zone, 'late', { startOrder: 8 }));
  await apply(lab.spec(zone, 'early', { startOrder: 1, env: { MODE: 'forking' } }));
  await apply(lab.spec(zone, 'asked', { startOrder: 0, restart: 'onRequest' }));
  await post('/units/asked/start');
  const pids = [];
  for (const id of ['late', 'early', 'asked']) pids.push((await ready(id)).pid ?? 0);
  expect(await post('/shutdown')).toMatchObject({ status: 200 });
  expect(pids.filter(lives)).toEqual([]);
  await eventually('the host is gone', () => !lives(first));
  const ends = readFileSync(join(lab.environment.stateDir, `${zone}.out`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'unit.exited')
    .map(({ unit }) => unit);
  expect(ends).toEqual(['late', 'early', 'asked']);

  await lab.startHost(zone);
  const late = await ready('late');
  const early = await ready('early');
  expect(Date.parse(early.startedAt ?? '')).toBeLessThan(Date.parse(late.startedAt ?? ''));
  expect((await lab.status(zone)).units.find(({ id }) => id === 'asked')).toMatchObject({ state: 'held' });
});

test('SIGTERM is a shutdown', async () => {
  const pid = await lab.startHost(zone);
  await apply(lab.spec(zone, 'unit'));
  const unit = await ready('unit');
  process.kill(pid, 'SIGTERM');
  await eventually('both are gone', () => !lives(pid) && !lives(unit.pid ?? 0));
});

test('an outage ends the zone at once', async () => {
  const pid = await lab.startHost(zone);
  await apply(lab.spec(zone, 'unit', { env: { MODE: 'forking' } }));
  const unit = await ready('unit');
  const log = await lab.call(zone, 'GET /units/unit/log?lines=5');
  const child = Number(/child (\d+)/.exec(String(log.body))?.[1]);
  expect(await post('/outage')).toMatchObject({ status: 202 });
  await eventually('all are gone', () => ![pid, unit.pid ?? 0, child].some(lives));
});

test('a full disk refuses a change and keeps what was there; a fence works all the same', async (context) => {
  mkdirSync(join(lab.environment.stateDir, 'units'));
  mkdirSync(join(lab.environment.stateDir, 'hosts'));
  const mounts = ['units', 'hosts'].map((name) => join(lab.environment.stateDir, name));
  try {
    for (const at of mounts)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', at], { stdio: 'ignore' });
  } catch {
    context.skip('needs the right to mount');
  }
  try {
    const pid = await lab.startHost(zone);
    const files = [{ path: 'config.txt', content: 'old' }];
    const spec = lab.spec(zone, 'full', { files });
    await apply(spec);
    const unit = await ready('full');
    const large = [{ path: 'config.txt', content: 'n'.repeat(300_000) }];
    expect(await apply({ ...spec, files: large })).toMatchObject({
      status: 507,
      body: { code: 'AON_DISK_FULL' },
    });
    expect(readFileSync(join(lab.unitDir(zone, 'full'), 'config.txt'), 'utf8')).toBe('old');
    expect(await ready('full')).toMatchObject({ pid: unit.pid, specHash: unit.specHash });

    fill(mounts[1] ?? '');
    expect(await apply({ ...spec, generation: 2 })).toMatchObject({ body: { code: 'AON_DISK_FULL' } });
    expect(await ready('full')).toMatchObject({ generation: 1 });
    expect(await post('/units/full/stop')).toMatchObject({ status: 200, body: { state: 'stopped' } });
    expect(lives(unit.pid ?? 0)).toBe(false);
    expect(lives(pid)).toBe(true);
  } finally {
    await lab.close().catch(() => {});
    for (const at of mounts) execFileSync('umount', ['-l', at]);
  }
});

/** Takes all space of a small file system. */
function fill(folder: string): void {
  for (const bytes of [65_536, 4096, 512]) {
    try {
      for (let index = 0; ; index += 1)
        writeFileSync(join(folder, `fill-${bytes}-${index}`), 'x'.repeat(bytes));
    } catch {
      // Full for this size.
    }
  }
}
