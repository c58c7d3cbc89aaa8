import { expect, test } from 'vitest';
import { createSwitchRig } from './switch-rig.ts';

const stamp = 'west-1-abcdef';
const off = {
  target: { kind: 'stamp', name: stamp },
  action: 'off',
  reason: 'new disk',
  owner: 'kim',
  override: false,
} as const;

test('a switch ends by itself at its time, in the routes and with an event', async () => {
  const rig = createSwitchRig();
  await rig.board.set({ ...off, until: '2026-01-01T00:30:00Z' });
  const endsAt = Date.parse('2026-01-01T00:30:00Z');
  expect(rig.switches.state(endsAt - 1).stamps.get(stamp)?.state).toBe('off');
  expect(rig.switches.state(endsAt).stamps.get(stamp)?.state).toBe('ready');

  rig.start();
  const routed = () => rig.routes.record()?.stamps.find(({ id }) => id === stamp)?.state;
  await expect.poll(routed, { timeout: 10_000 }).toBe('off');
  rig.world.nowMs = endsAt;
  await expect.poll(routed, { timeout: 10_000 }).toBe('ready');
  expect(rig.switches.list()).toEqual([]);
  const ended = rig.journal.events({ limit: 50 }).filter(({ type }) => type === 'switch.expired');
  expect(ended).toMatchObject([
    { entity: stamp, message: `stamp ${stamp}: off by kim (new disk) ended, its time is over.` },
  ]);
});

test('the switch of a stamp that is gone is dropped with an event; those of its region stay', async () => {
  const rig = createSwitchRig();
  await rig.board.set(off);
  await rig.board.set({ ...off, target: { kind: 'region', name: 'east' } });
  rig.world.release = '123456';
  await rig.switches.tick(AbortSignal.timeout(1000));
  expect(rig.switches.list()).toMatchObject([{ target: { kind: 'region', name: 'east' } }]);
  expect(rig.eventTypes().filter((type) => type === 'switch.dropped')).toHaveLength(1);
  expect(rig.switches.state().stamps.get('east-1-123456')?.state).toBe('off');
  expect(rig.switches.state().stamps.get('west-1-123456')?.state).toBe('ready');
});

test('a maintenance that ended stays known, to the time at which it was to end', async () => {
  const rig = createSwitchRig();
  const work = { ...off, target: { kind: 'workload' }, action: 'maintenance' } as const;
  await rig.board.set({ ...work, until: '2026-01-01T00:30:00Z' });
  const span = { target: { kind: 'workload', name: 'shop' }, owner: 'kim', from: '2026-01-01T00:00:00.000Z' };
  rig.world.nowMs += 60_000;
  expect(rig.switches.maintenance()).toMatchObject([{ ...span, to: '2026-01-01T00:01:00.000Z' }]);
  rig.world.nowMs = Date.parse('2026-01-01T02:00:00Z');
  const ended = { ...span, to: '2026-01-01T00:30:00.000Z' };
  expect(rig.switches.maintenance()).toMatchObject([ended]);
  await rig.switches.tick(AbortSignal.timeout(1000));
  expect(rig.switches.list()).toEqual([]);
  expect(rig.switches.maintenance()).toMatchObject([ended]);

  await rig.board.set(work);
  rig.world.nowMs += 60_000;
  await rig.board.end({ target: work.target, ends: 'maintenance', owner: 'kim' });
  rig.world.nowMs += 60_000;
  expect(rig.switches.maintenance()).toMatchObject([ended, { to: '2026-01-01T02:01:00.000Z' }]);
});

test('nothing to end commits nothing', async () => {
  const rig = createSwitchRig();
  await rig.board.set(off);
  const versionOf = () => rig.versionOf('switches');
  const version = versionOf();
  await rig.switches.tick(AbortSignal.timeout(1000));
  expect(versionOf()).toBe(version);
});
