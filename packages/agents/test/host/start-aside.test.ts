import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mayRaise } from '@alwayson/engines/process/priority.ts';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostLab, eventually, type HostLab } from './host-lab.ts';

const zone = 'west-1';
/** The tests themselves may have been told to stand behind. */
const beside = (nice: number) => Math.min(getPriority() + nice, 19);
let lab: HostLab;

beforeEach(() => {
  lab = createHostLab('201.12');
});
afterEach(async () => {
  await lab.close();
});

test.runIf(mayRaise())(
  'a first start gives way until it is ready; then, and at a restart, it does not',
  async () => {
    await lab.startHost(zone);
    const folder = join(lab.environment.stateDir, 'units', zone, 'unit');
    const sick = join(folder, 'sick');
    mkdirSync(folder, { recursive: true });
    writeFileSync(sick, '');
    const spec = lab.spec(zone, 'unit');
    await lab.call(zone, `PUT /units/${spec.id}`, spec);
    const starting = await lab.until(zone, 'unit', ({ pid }) => pid !== null);
    const first = starting.pid ?? 0;
    await eventually('it gives way', () => prioritiesOf(first).includes(beside(15)));
    expect(new Set(prioritiesOf(first))).toEqual(new Set([beside(15)]));
    rmSync(sick);
    await lab.until(zone, 'unit', ({ state }) => state === 'ready');
    expect(new Set(prioritiesOf(first))).toEqual(new Set([beside(5)]));
    writeFileSync(sick, '');
    process.kill(first, 'SIGKILL');
    const again = await lab.until(zone, 'unit', ({ pid }) => pid !== null && pid !== first);
    expect(again.state).toBe('starting');
    expect(new Set(prioritiesOf(again.pid ?? 0))).toEqual(new Set([beside(5)]));
  },
);

test.runIf(mayRaise()).each([
  ['stamp-agent', -7],
  ['postgres', -7],
  ['observer', 0],
])('on the order of a host, which goes first itself: a %s has %i, its threads too', async (kind, nice) => {
  const host = await lab.startHost(zone);
  expect(getPriority(host)).toBe(beside(-7));
  await lab.call(zone, `PUT /units/unit`, { ...lab.spec(zone, 'unit'), kind });
  const { pid } = await lab.until(zone, 'unit', ({ state }) => state === 'ready');
  expect(new Set(prioritiesOf(pid ?? 0))).toEqual(new Set([beside(nice)]));
});

/** Of every thread, from /proc/PID/task/TID/stat. */
function prioritiesOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return Number(stat.split(') ')[1]?.split(' ')[16]);
  });
}
