import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually, lives } from '../../../agents/test/host/host-lab.ts';
import { createScaleRig } from './scale-rig.ts';

type Rig = Awaited<ReturnType<typeof createScaleRig>>;

async function bringUp(rig: Rig) {
  const loop = rig.start();
  const units = () =>
    ['west-1', 'west-2'].flatMap((zone) => rig.context.placement.observe(zone).host?.units ?? []);
  for (const kind of ['observer', 'component', 'gateway'] as const)
    await eventually(`a ${kind} runs`, () => units().some((unit) => unit.kind === kind));
  await eventually(
    'both stamps serve through the gateway',
    async () =>
      (await fetch(`${rig.context.environment.frontDoor.url}/`)).ok && rig.estate.stamps().length === 2,
    () =>
      rig.estate
        .stamps()
        .map(({ id }) => rig.estate.stampProblem(id) ?? id)
        .join('; '),
  );
  rig.estate.markBroughtUp();
  return loop;
}

const operationEnds = (rig: Rig, state: string) =>
  eventually(
    `the operation is ${state}`,
    () => rig.context.journal.operations(1)[0]?.state === state,
    () => JSON.stringify(rig.context.journal.operations(1)[0]),
  );

/** Whatever shows or remembers the stamps that stand. */
const mentions = (rig: Rig, id: string) => ({
  health: rig.health.report()?.entities.some((entity) => entity.id === `stamp:${id}`),
  metrics: rig.targets().filter(({ labels }) => labels['stamp'] === id).length,
  status: rig.status().stamps.some((stamp) => stamp.id === id),
  shares: rig.shares.report()?.stamps.some((stamp) => stamp.id === id),
  routes: rig.routes.record()?.stamps.some((stamp) => stamp.id === id),
});

test('a stamp that is ordered comes into traffic and everywhere into view; taken out, it costs no request and leaves nothing', async () => {
  const rig = await createScaleRig({ network: '212.1', frontDoorPort: 21_201, scale: { max: 2 } });
  const loop = await bringUp(rig);
  const { live } = rig.estate.record();
  const id = `west-1-b-${live.slice(0, 6)}`;
  const gone = { health: false, metrics: 0, status: false, shares: false, routes: false };
  await eventually(
    'health and shares are known',
    () => rig.health.report() !== null && rig.shares.report() !== null,
    () => JSON.stringify(rig.context.journal.events({ limit: 30 }).map(({ message }) => message)),
  );
  expect(mentions(rig, id)).toEqual(gone);

  const answer = await rig.scale.order({ targets: { 'west-1': 2 }, owner: 'kim', reason: 'a fair' });
  expect(answer).toEqual({
    changed: true,
    message: 'Stamps: west-1 from 1 to 2, by kim: a fair.',
    zones: { 'west-1': 2, 'west-2': 1 },
  });
  await operationEnds(rig, 'succeeded');
  const { pid } = await rig.ask(rig.estate, id);
  const answers = rig.askFrontDoor();
  await eventually('it gets requests', () => answers.pids.has(pid));
  await eventually('it is in view', () => rig.health.state(`stamp:${id}`) === 'healthy');
  // Its agent and its api.
  expect(mentions(rig, id)).toEqual({ health: true, metrics: 2, status: true, shares: true, routes: true });

  expect(await rig.scale.order({ targets: { west: 1 }, owner: 'kim' })).toMatchObject({ changed: true });
  await operationEnds(rig, 'succeeded');
  expect(lives(pid)).toBe(false);
  await eventually('it is out of view', () => JSON.stringify(mentions(rig, id)) === JSON.stringify(gone));
  const { good } = answers;
  await eventually('more requests are answered', () => answers.good > good + 20);
  expect(answers.bad).toEqual([]);
  expect(rig.context.journal.operations(1)[0]).toMatchObject({
    kind: 'scale',
    title: 'Scale west-1 to 1',
    steps: [
      { name: 'commit record', state: 'done' },
      { name: 'no request at them', state: 'done' },
      { name: 'processes gone', state: 'done' },
    ],
  });
  await loop.close();
  const { records } = rig.context;
  const memories = [
    readFileSync(rig.memoryFile, 'utf8'),
    ...['estate', 'shares', 'routes', 'scale'].map((name) =>
      JSON.stringify(records.read(name, z.unknown(), null).value),
    ),
  ];
  expect(memories.filter((memory) => memory.includes(id))).toEqual([]);
});

test('an order that the manifest, the load or a rollout forbids is refused, and changes nothing', async () => {
  const rig = await createScaleRig({ network: '212.2', frontDoorPort: 21_202, scale: { max: 2 } });
  const order = (targets: Record<string, number>) => rig.scale.order({ targets, owner: 'kim' });
  await expect(order({ west: 1 })).rejects.toMatchObject({ code: 'AON_STARTING' });
  await bringUp(rig);
  const before = rig.estate.record();
  await expect(order({ 'west-1': 3 })).rejects.toMatchObject({
    code: 'AON_USAGE',
    message: '3 stamps are asked for in west-1, and a zone has 1 to 2.',
  });
  await expect(order({ north: 1 })).rejects.toMatchObject({ code: 'AON_NOT_FOUND' });
  rig.world.rolloutRunning = true;
  await expect(order({ west: 2 })).rejects.toMatchObject({ code: 'AON_ROLLOUT_RUNNING' });
  rig.world.rolloutRunning = false;
  expect(await order({ 'west-2': 1 })).toMatchObject({
    changed: false,
    message: 'Nothing to do: west-2 has 1 already.',
  });
  expect(rig.estate.record()).toEqual(before);
});
