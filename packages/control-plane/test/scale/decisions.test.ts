import { expect, test } from 'vitest';
import { createScaleWorld, idOf } from './scale-world.ts';

const one = { 'west-1': 1, 'west-2': 1, 'east-1': 1, 'east-2': 1 };
const order = (world: ReturnType<typeof createScaleWorld>, targets: Record<string, number>) =>
  world.scale.order({ targets, owner: 'kim' });

test('a busy region gets more by itself, one after the other, and each is told with its arithmetic', async () => {
  const world = createScaleWorld();
  world.world.demand = { west: 150, east: 20 };
  world.world.unready.add(idOf('west-1', 'b'));
  await world.run(60);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2 });
  expect(world.messages('scale.out')).toEqual([
    'Region west: west-1 gets a second stamp: 150 requests/s are 75 % of the 200 that 2 stamps of the region carry, above 70 % for 30 s.',
  ]);
  expect(world.journal.operations(1)[0]).toMatchObject({
    kind: 'scale',
    state: 'running',
    steps: [{ state: 'done' }, { name: 'stamps ready', waitingFor: 'west-1-b-abcdef is starting' }],
  });
  // Not before the first of them serves.
  world.world.demand = { west: 290, east: 20 };
  await world.run(60);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2 });
  world.world.unready.clear();
  await world.run(2);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2, 'west-2': 2 });
});

test('a quiet region gives one back when nothing is at it any more, and keeps what people have asked for', async () => {
  const world = createScaleWorld();
  await order(world, { west: 3, 'west-1': 2 });
  expect(world.counts()).toEqual({ ...one, 'west-1': 2, 'west-2': 3 });
  await world.run(2000);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2, 'west-2': 3 });
  await order(world, { west: 3 });
  await order(world, { west: 1 });
  await world.run(5);
  expect(world.counts()).toEqual(one);

  await order(world, { 'west-1': 1 });
  world.world.demand = { west: 190 };
  await world.run(1);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2 });
  world.world.demand = { west: 10 };
  world.world.sessions.set(idOf('west-1', 'b'), 2);
  await world.run(700);
  expect(world.messages('scale.in')).toHaveLength(1);
  expect(world.ids()).toContain(idOf('west-1', 'b'));
  expect(world.journal.operations(1)[0]).toMatchObject({ title: 'Scale west-1 to 1', state: 'running' });
  world.world.sessions.clear();
  world.world.running.add(idOf('west-1', 'b'));
  await world.run(3);
  expect(world.counts()).toEqual(one);
  expect(world.journal.operations(1)[0]?.steps.at(-1)).toMatchObject({
    name: 'processes gone',
    waitingFor: 'west-1-b-abcdef-api',
  });
  world.world.running.clear();
  await world.run(1);
  expect(world.journal.operations(1)[0]).toMatchObject({
    state: 'succeeded',
    result: { removed: [idOf('west-1', 'b')] },
  });
});

test('nothing happens by itself during a rollout, or while something of the region is amiss', async () => {
  const world = createScaleWorld();
  const holds: ((on: boolean) => void)[] = [
    (on) => (world.world.rolloutRunning = on),
    (on) => world.world.lost[on ? 'add' : 'delete']('west-2'),
    (on) => world.world.unready[on ? 'add' : 'delete'](idOf('west-2')),
    (on) => world.world.unhealthy[on ? 'add' : 'delete'](`stamp:${idOf('west-2')}`),
  ];
  world.world.demand = { west: 500 };
  for (const hold of holds) {
    hold(true);
    await world.run(40);
    expect(world.counts()).toEqual(one);
    hold(false);
  }
  await world.run(1);
  expect(world.counts()).toEqual({ ...one, 'west-1': 2 });
});

test('without bounds of its own nothing changes by itself', async () => {
  const world = createScaleWorld({});
  world.world.demand = { west: 500, east: 0 };
  await world.run(700);
  expect(world.counts()).toEqual(one);
  expect(world.journal.operations(5)).toEqual([]);
});

test('an order is refused when what remains could not carry the load', async () => {
  const world = createScaleWorld();
  await order(world, { west: 2, east: 2 });
  world.world.demand = { west: 300, east: 100 };
  await expect(order(world, { west: 1, east: 1 })).rejects.toMatchObject({
    code: 'AON_CAPACITY',
    message: expect.stringContaining('api could carry 400 requests a second, and 440 are needed'),
  });
  expect(world.counts()).toEqual({ 'west-1': 2, 'west-2': 2, 'east-1': 2, 'east-2': 2 });
  expect(await order(world, { 'west-1': 1 })).toMatchObject({
    changed: true,
    zones: { 'west-1': 1, 'west-2': 2 },
  });
});

test('a stamp that is wanted again while it leaves stays as it is', async () => {
  const world = createScaleWorld();
  await order(world, { 'west-1': 2 });
  await world.run(1);
  world.world.running.add(idOf('west-1', 'b'));
  world.world.sessions.set(idOf('west-1', 'b'), 1);
  await order(world, { 'west-1': 1 });
  await world.run(3);
  expect(world.ids()).toContain(idOf('west-1', 'b'));
  await order(world, { 'west-1': 2 });
  world.world.sessions.clear();
  await world.run(3);
  expect(world.ids()).toContain(idOf('west-1', 'b'));
  expect(world.journal.operations(3).map(({ state }) => state)).toEqual([
    'succeeded',
    'succeeded',
    'succeeded',
  ]);
});
