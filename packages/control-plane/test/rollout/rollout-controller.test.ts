import { expect, test } from 'vitest';
import { startFlaggerReceiver } from './flagger-receiver.ts';
import { createRolloutWorld, from, release, type Tool } from './rollout-world.ts';

type World = ReturnType<typeof createRolloutWorld>;

async function untilClosed(rig: World, afterEach: () => Promise<void> = async () => {}): Promise<void> {
  const look = async () => {
    await rig.tick();
    await afterEach();
    return rig.record.progress().isClosed && rig.record.requests().waiting.length === 0;
  };
  await expect.poll(look, { timeout: 30_000, interval: 5 }).toBe(true);
}

const endOf = (rig: World) => rig.record.progress().state?.end;
const kindsOf = async (rig: World) => (await rig.history.entries()).map(({ kind }) => kind);

test('a good release: each part of the work once, the old stamps gone, all of it in the history', async () => {
  const rig = createRolloutWorld();
  rig.ask();
  await untilClosed(rig);
  expect(rig.world.calls).toEqual(['prepare', 'expand', 'warm', 'smoke', 'prove', 'contract']);
  expect(endOf(rig)).toMatchObject({ state: 'succeeded', live: release });
  expect(rig.estate().live).toBe(release);
  expect(rig.releases()).toEqual([release]);
  expect(rig.record.requests()).toMatchObject({ previous: from, waiting: [] });
  expect(rig.world).toMatchObject({ manifestsChanged: 1, tidied: [release] });
  const kinds = await kindsOf(rig);
  expect(kinds.slice(0, 2)).toEqual(['started', 'planned']);
  expect(kinds.filter((kind) => kind === 'gate')).toHaveLength(2);
  expect(kinds.at(-1)).toBe('ended');
  expect(await rig.history.verify()).toMatchObject({ whole: true });
  const operation = rig.journal.operations(1)[0];
  expect(operation).toMatchObject({ kind: 'deploy', state: 'succeeded', result: { requests: 100, lost: 0 } });
});

test('a control plane that dies after every look comes to the same end, and tells each fact once', async () => {
  const rig = createRolloutWorld();
  rig.ask();
  let looks = 0;
  await untilClosed(rig, async () => {
    looks += 1;
    // Every other time what it began may end first.
    if (looks % 2 === 0) await rig.restart();
  });
  expect(endOf(rig)).toMatchObject({ state: 'succeeded', live: release });
  expect(rig.releases()).toEqual([release]);
  const entries = await rig.history.entries();
  const phases = entries
    .filter(({ kind }) => kind === 'phase')
    .map(({ data }) => JSON.stringify([data['phase'], data['step']]));
  expect(new Set(phases).size).toBe(phases.length);
  expect(entries.filter(({ kind }) => kind === 'started' || kind === 'planned')).toHaveLength(2);
  expect(await rig.history.verify()).toMatchObject({ whole: true });
});

test.each<Tool>(['prepare', 'expand', 'smoke'])(
  '%s fails: what was live stays, and nothing of the new release',
  async (tool) => {
    const rig = createRolloutWorld();
    rig.world.failing.add(tool);
    rig.ask();
    await untilClosed(rig);
    expect(endOf(rig)).toMatchObject({ state: 'undone', live: from });
    expect(rig.record.progress().state?.undoing).toContain(`${tool} does not work`);
    expect(rig.estate().live).toBe(from);
    expect(rig.releases()).toEqual([from]);
    expect(rig.world.manifestsChanged).toBe(0);
  },
);

test('a failed gate takes the traffic back, and then the stamps', async () => {
  const rig = createRolloutWorld();
  rig.world.verdict = 'fail';
  rig.ask();
  await untilClosed(rig);
  expect(endOf(rig)).toMatchObject({ state: 'undone', live: from });
  expect(rig.releases()).toEqual([from]);
  const entered = rig.record.progress().state?.entered.map(({ name }) => name) ?? [];
  expect(entered.slice(-2)).toEqual(['revert', 'withdraw']);
});

test('who waits has its turn when the one before has ended', async () => {
  const rig = createRolloutWorld();
  rig.world.failing.add('smoke');
  rig.ask('deploy-1');
  rig.ask('deploy-2');
  await untilClosed(rig);
  const ended = await rig.history.entries({ kinds: ['ended'] });
  expect(ended.map(({ rollout }) => rollout)).toEqual(['deploy-1', 'deploy-2']);
  expect(await rig.history.entries({ release })).toHaveLength((await rig.history.entries()).length);
});

test('those outside are asked at their moments, after the end too, and hear of what happens', async () => {
  const receiver = await startFlaggerReceiver();
  const types = [
    'confirm-rollout',
    'pre-rollout',
    'confirm-traffic-increase',
    'rollout',
    'confirm-promotion',
    'post-rollout',
    'event',
  ];
  const rig = createRolloutWorld(types.map((type) => ({ name: type, type, url: `${receiver.url}/${type}` })));
  rig.ask();
  await untilClosed(rig);
  expect(endOf(rig)).toMatchObject({ state: 'succeeded' });
  const asked = [...new Set(receiver.calls.map(({ path }) => path.slice(1)))];
  expect(asked.filter((type) => type !== 'event')).toEqual(types.filter((type) => type !== 'event'));
  const after = receiver.calls.filter(({ path }) => path === '/post-rollout');
  expect(after).toEqual([
    expect.objectContaining({ body: expect.objectContaining({ phase: 'Succeeded', checksum: release }) }),
  ]);
  const toMessage = ({ body }: { body: unknown }) =>
    (body as { metadata: { eventMessage: string } }).metadata.eventMessage;
  // Steps that are looked at for no time are over before everybody outside has answered.
  const isNoHold = (message: string) => !message.includes('is held');
  await expect
    .poll(() =>
      receiver.calls
        .filter(({ path }) => path === '/event')
        .map(toMessage)
        .filter(isNoHold),
    )
    .toEqual([
      'A deploy of new begins.',
      '2 has 50 % of west, 50 % of east.',
      '2 has 100 % of west, 100 % of east.',
      'Release 2 is live in all regions.',
    ]);
});

test('one outside who never says yes holds the rollout, until somebody takes it back', async () => {
  const receiver = await startFlaggerReceiver();
  receiver.behave('/no', { status: 403, text: 'not today' });
  const rig = createRolloutWorld([{ name: 'board', type: 'confirm-rollout', url: `${receiver.url}/no` }]);
  rig.ask();
  const hold = async () => {
    await rig.tick();
    return rig.record.progress().state?.hold?.text;
  };
  await expect.poll(hold, { timeout: 30_000, interval: 5 }).toContain('not today');
  rig.order('abort');
  await untilClosed(rig);
  expect(endOf(rig)).toMatchObject({ state: 'undone', live: from });
});
