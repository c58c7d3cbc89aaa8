import type { SwitchRequest } from '@alwayson/protocol/switches.ts';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../records/memory-store.ts';
import { startGateway } from './stand-in-gateway.ts';
import { createSwitchRig, gatewayAddresses } from './switch-rig.ts';

const stamp = 'west-1-abcdef';
const order = (change: Partial<SwitchRequest> = {}): SwitchRequest => ({
  target: { kind: 'stamp', name: stamp },
  action: 'off',
  reason: 'new disk',
  owner: 'kim',
  override: false,
  ...change,
});
const region = (name: string) => ({ kind: 'region' as const, name });

test('a switch is an operation: committed, then read back from every gateway', async () => {
  const rig = createSwitchRig();
  const west = await startGateway('west', gatewayAddresses.west);
  const east = await startGateway('east', gatewayAddresses.east);
  rig.start();
  await expect.poll(() => east.record?.stamps.length, { timeout: 10_000 }).toBe(4);
  west.settles = false;

  const answer = await rig.board.set(order());
  expect(answer).toMatchObject({
    changed: true,
    message: `stamp ${stamp} is off, by kim: new disk.`,
    operation: { kind: 'switch', state: 'running', title: `Take stamp ${stamp} off` },
    switches: [{ target: { kind: 'stamp', name: stamp }, action: 'off', owner: 'kim' }],
  });
  const operation = () => rig.journal.operation(answer.operation?.id ?? '');
  const stateIn = (gateway: typeof west) => gateway.record?.stamps.find(({ id }) => id === stamp)?.state;
  await expect.poll(() => stateIn(east), { timeout: 10_000 }).toBe('off');
  await expect
    .poll(() => operation()?.steps[1]?.waitingFor, { timeout: 10_000 })
    .toBe('gateway west (Requests are ending.)');
  expect(operation()?.state).toBe('running');

  west.settles = true;
  await expect.poll(() => operation()?.state, { timeout: 10_000 }).toBe('succeeded');
  expect(operation()?.steps.map(({ state }) => state)).toEqual(['done', 'done']);
  expect(operation()?.result).toMatchObject({ switch: { owner: 'kim' }, unconfirmedGateways: [] });
  expect(rig.eventTypes()).toContain('switch.set');

  const back = await rig.board.end({ target: { name: stamp }, ends: 'traffic', owner: 'kim' });
  expect(back.message).toBe(`stamp ${stamp} is back, by kim.`);
  await expect.poll(() => stateIn(west), { timeout: 10_000 }).toBe('ready');
  await expect
    .poll(() => rig.journal.operation(back.operation?.id ?? '')?.state, { timeout: 10_000 })
    .toBe('succeeded');
});

test('a gateway whose zone is dead is not waited for, and named', async () => {
  const rig = createSwitchRig();
  await startGateway('west', gatewayAddresses.west);
  rig.world.dead.add('east');
  rig.start();
  const { operation } = await rig.board.set(order({ action: 'drain' }));
  const read = () => rig.journal.operation(operation?.id ?? '');
  await expect.poll(() => read()?.state, { timeout: 10_000 }).toBe('succeeded');
  expect(read()?.result).toMatchObject({ unconfirmedGateways: ['east'] });
});

test('a gateway that does not confirm in time fails the operation, not the switch', async () => {
  const rig = createSwitchRig({ inForceWithinMs: 1500 });
  await startGateway('west', gatewayAddresses.west);
  const east = await startGateway('east', gatewayAddresses.east);
  east.settles = false;
  rig.start();
  const { operation } = await rig.board.set(order());
  const read = () => rig.journal.operation(operation?.id ?? '');
  await expect.poll(() => read()?.state, { timeout: 10_000 }).toBe('failed');
  expect(read()).toMatchObject({
    steps: [{ state: 'done' }, { state: 'failed' }],
    error: { code: 'AON_TIMEOUT', message: expect.stringContaining('gateway east (Requests are ending.)') },
  });
  expect(rig.switches.state().stamps.get(stamp)?.state).toBe('off');
  expect(east.record?.stamps.find(({ id }) => id === stamp)?.state).toBe('off');
});

test('the same switch twice is told to be so already, and is no operation', async () => {
  const rig = createSwitchRig();
  await rig.board.set(order());
  const again = await rig.board.set(order());
  expect(again).toMatchObject({ changed: false, operation: null });
  expect(again.message).toMatch(/^Nothing to do: stamp west-1-abcdef is off already, since 2026-.* by kim/);
  expect(rig.journal.operations(10)).toHaveLength(1);
  const on = { target: { kind: 'stamp', name: 'east-1-abcdef' }, ends: 'traffic', owner: 'kim' } as const;
  expect(await rig.board.end(on)).toMatchObject({
    changed: false,
    message: 'Nothing to do: stamp east-1-abcdef is neither off nor draining.',
  });
});

test('a switch is refused when what remains could not carry the load, unless overridden, which is told', async () => {
  const rig = createSwitchRig();
  rig.world.demand = 250;
  await rig.board.set(order());
  const second = order({ target: { kind: 'stamp', name: 'west-2-abcdef' } });
  await expect(rig.board.set(second)).rejects.toMatchObject({
    code: 'AON_CAPACITY',
    message:
      'Without stamp west-2-abcdef api could carry 200 requests a second, and 275 are needed (250 measured in the last minute, and a tenth more).',
  });
  expect(rig.switches.list()).toHaveLength(1);
  expect(rig.journal.operations(10)).toHaveLength(1);

  const forced = await rig.board.set({ ...second, override: true });
  expect(forced.switches[1]).toMatchObject({ override: true });
  const told = rig.journal.events({ limit: 10 }).find(({ type }) => type === 'switch.overridden');
  expect(told).toMatchObject({
    severity: 'warning',
    entity: 'west-2-abcdef',
    operation: forced.operation?.id,
  });
});

test('a stamp that was measured to carry less than declared counts with what was measured', async () => {
  const rig = createSwitchRig({ measuredCapacity: (id) => (id === 'east-1-abcdef' ? 10 : undefined) });
  rig.world.demand = 200;
  await expect(rig.board.set(order())).rejects.toMatchObject({
    message: expect.stringContaining('210 requests a second, and 220 are needed'),
  });
});

test('the last stamp that serves, and the last region, are not taken; the last in use not even with override', async () => {
  const rig = createSwitchRig();
  rig.world.health.set('east-1-abcdef', 'unhealthy').set('east-2-abcdef', null);
  const west = order({ target: region('west') });
  await expect(rig.board.set(west)).rejects.toMatchObject({
    code: 'AON_CAPACITY',
    message: 'Without region west no stamp that is known to serve would be left for api.',
  });
  await rig.board.set({ ...west, override: true });
  for (const override of [false, true]) {
    await expect(rig.board.set(order({ target: region('east'), override }))).rejects.toMatchObject({
      message: 'Without region east no stamp would be left for api.',
      hint: expect.stringContaining('not even with --override'),
    });
  }
  rig.start();
  await expect
    .poll(() => rig.routes.record()?.stamps.map(({ state }) => state))
    .toEqual(['off', 'off', 'ready', 'ready']);
});

test('maintenance takes capacity of a zone, marks it, and is only a mark of the whole workload', async () => {
  const rig = createSwitchRig();
  const mark = await rig.board.set(order({ target: { kind: 'workload' }, action: 'maintenance' }));
  expect(mark.message).toBe('workload shop is under maintenance, by kim: new disk.');
  const read = () => rig.journal.operation(mark.operation?.id ?? '');
  await expect.poll(() => read()?.state).toBe('succeeded');
  expect(read()?.steps[1]?.state).toBe('skipped');
  expect(rig.switches.state().maintenance.has('east-2')).toBe(true);
  await rig.board.end({ target: { kind: 'workload' }, ends: 'maintenance', owner: 'kim' });
  expect(rig.switches.state().maintenance.size).toBe(0);

  rig.world.demand = 280;
  const zone = order({ target: { name: 'west-1' }, action: 'maintenance' });
  await expect(rig.board.set(order({ ...zone, target: region('west') }))).rejects.toMatchObject({
    code: 'AON_CAPACITY',
  });
  rig.world.demand = 200;
  await rig.board.set(zone);
  expect([...rig.switches.state().maintenance]).toEqual(['west-1', stamp]);
  expect(rig.switches.state().stamps.get(stamp)?.state).toBe('drain');
});

test('a stamp that is put back says what else keeps it out', async () => {
  const rig = createSwitchRig();
  await rig.board.set(order());
  await rig.board.set(order({ target: region('west'), action: 'drain', owner: 'alex' }));
  const { message } = await rig.board.end({
    target: { name: stamp },
    ends: 'traffic',
    owner: 'kim',
    reason: 'done',
  });
  expect(message).toBe(
    `stamp ${stamp} is back, by kim: done. Still in force: region west is draining, by alex: new disk.`,
  );
});

test.each([
  [
    order({ target: { kind: 'stamp', name: 'west-1' } }),
    'AON_NOT_FOUND',
    'No stamp is called west-1. Known: west-1-abcdef, ',
  ],
  [
    order({ target: { name: 'mars' } }),
    'AON_NOT_FOUND',
    'No region, zone, stamp or workload is called mars.',
  ],
  [order({ target: {} }), 'AON_USAGE', 'needs a name'],
  [order({ target: { kind: 'workload' } }), 'AON_USAGE', 'cannot be taken off'],
  [order({ until: '2025-12-31T00:00:00Z' }), 'AON_USAGE', 'not in the future'],
])('what makes no sense is refused: %j', async (request, code, message) => {
  const rig = createSwitchRig();
  await expect(rig.board.set(request)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
  expect(rig.journal.operations(10)).toEqual([]);
});

test('switches survive a restart of the control plane; an operation that it cut off is told as interrupted', async () => {
  const database = openMemoryStore();
  const before = createSwitchRig({ database });
  const { operation } = await before.board.set(order({ until: '2026-01-01T01:00:00Z' }));
  const after = createSwitchRig({ database });
  after.journal.closeInterrupted();
  expect(after.switches.list()).toEqual(before.switches.list());
  expect(after.switches.state().stamps.get(stamp)?.state).toBe('off');
  expect(after.journal.operation(operation?.id ?? '')?.error?.code).toBe('AON_INTERRUPTED');
});
