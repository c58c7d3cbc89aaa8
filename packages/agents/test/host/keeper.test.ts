import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostLab, eventually, type HostLab, lives } from './host-lab.ts';

let lab: HostLab;

beforeEach(() => {
  lab = createHostLab('201.3');
});
afterEach(async () => {
  await lab.close();
});

const post = (path: string) => lab.call('witness', `POST ${path}`);
const hosts = async () => (await lab.call('witness', 'GET /hosts')).body;
const run = async (zone: string, id: string, more = {}) => {
  await lab.call(zone, `PUT /units/${id}`, lab.spec(zone, id, more));
  const unit = await lab.until(zone, id, ({ state }) => state === 'ready');
  return unit.pid ?? 0;
};
/** The facts of these kinds that the witness told. */
const told = (...events: string[]) =>
  readFileSync(join(lab.environment.stateDir, 'witness.out'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => events.includes(event));
const group = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[2]);

test('hosts are started on request only, once, each with a process group of its own', async () => {
  await lab.startHost('witness');
  expect(await hosts()).toEqual([
    { zone: 'west-1', alive: false, pid: null },
    { zone: 'west-2', alive: false, pid: null },
  ]);
  const first = await post('/hosts/west-1/start');
  expect(first).toMatchObject({ status: 200, body: { zone: 'west-1', alive: true } });
  expect(await post('/hosts/west-1/start')).toEqual(first);
  const host = lab.hostPid('west-1');
  expect(group(host)).toBe(host);
  expect(group(await run('west-1', 'unit'))).toBe(host);
  expect(await post('/hosts/witness/start')).toMatchObject({ status: 404 });
});

test('a zone that ended all at once stays down, also when the witness starts again', async () => {
  const witness = await lab.startHost('witness');
  for (const zone of ['west-1', 'west-2']) await post(`/hosts/${zone}/start`);
  const unit = await run('west-1', 'unit');
  const keeps = await run('witness', 'own');
  process.kill(-lab.hostPid('west-1'), 'SIGKILL');
  await eventually('it is told as lost', () => told('zone.lost').length === 1);
  expect(lives(unit)).toBe(false);

  process.kill(witness, 'SIGKILL');
  await eventually('the witness is gone', () => !lives(witness));
  await lab.startHost('witness');
  await eventually('the witness has looked at all zones', () => told('keeper.started').length === 2);
  const own = await lab.until('witness', 'own', ({ state }) => state === 'ready');
  expect(own.pid).toBe(keeps);
  expect(await hosts()).toEqual([
    { zone: 'west-1', alive: false, pid: null },
    { zone: 'west-2', alive: true, pid: lab.hostPid('west-2') },
  ]);
  await post('/hosts/west-1/start');
  await lab.until('west-1', 'unit', ({ state }) => state === 'ready');
});

test('a host that crashed alone comes back, also one that an earlier witness started', async () => {
  const witness = await lab.startHost('witness');
  await post('/hosts/west-1/start');
  const unit = await run('west-1', 'unit');
  process.kill(witness, 'SIGKILL');
  await eventually('the witness is gone', () => !lives(witness));
  await lab.startHost('witness');
  const crashed = lab.hostPid('west-1');
  process.kill(crashed, 'SIGKILL');
  await eventually('another host is there', async () => (await lab.status('west-1')).pid !== crashed);
  expect(await lab.until('west-1', 'unit', ({ state }) => state === 'ready')).toMatchObject({ pid: unit });
  // The unit is in the first host's process group; an outage finds it all the same.
  expect(await post('/hosts/west-1/outage')).toMatchObject({ body: { alive: false } });
  expect(lives(unit)).toBe(false);
});

test('after everything ended at once, what was up comes back, and what was taken down does not', async () => {
  const witness = await lab.startHost('witness');
  for (const zone of ['west-1', 'west-2']) await post(`/hosts/${zone}/start`);
  await run('west-1', 'unit');
  await run('west-2', 'unit-2');
  await post('/hosts/west-2/outage');
  const pids = [witness, lab.hostPid('west-1')];
  for (const pid of pids) process.kill(-pid, 'SIGKILL');
  await eventually('all is dark', () => !pids.some(lives));
  await lab.startHost('witness');
  await eventually('west-1 answers', async () => (await lab.status('west-1')).units.length > 0);
  await lab.until('west-1', 'unit', ({ state }) => state === 'ready');
  expect(await hosts()).toMatchObject([{ alive: true }, { zone: 'west-2', alive: false }]);
});

test('the end of it all: the control plane first, then the zones, and nothing is left', async () => {
  const witness = await lab.startHost('witness');
  for (const zone of ['west-1', 'west-2']) await post(`/hosts/${zone}/start`);
  const units = [
    await run('west-1', 'unit', { env: { MODE: 'forking' } }),
    await run('west-2', 'unit'),
    await run('witness', 'control-plane', { kind: 'control-plane' }),
    await run('witness', 'other'),
  ];
  const pids = [witness, lab.hostPid('west-1'), lab.hostPid('west-2'), ...units];
  expect(await post('/hosts/shutdown')).toMatchObject({ status: 200 });
  await eventually('nothing lives', () => !pids.some(lives));
  const events = told('unit.exited', 'host.ended').map(({ unit, host }) => unit ?? host);
  expect([events[0], new Set(events.slice(1, 3)), events[3]]).toEqual([
    'control-plane',
    new Set(['west-1', 'west-2']),
    'other',
  ]);
  await lab.startHost('witness');
  await lab.until('west-1', 'unit', ({ state }) => state === 'ready');
});
