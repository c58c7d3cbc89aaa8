import { join } from 'node:path';
import { addRelease, removeRelease, setCount } from '@alwayson/core/estate/estate-record.ts';
import { expect, test } from 'vitest';
import { eventually, lives } from '../../../agents/test/host/host-lab.ts';
import type { EstateController } from '../../src/estate/estate-controller.ts';
import { createEstateRig } from './estate-rig.ts';

const zones = ['west-1', 'west-2'];
const allReady = (estate: EstateController, count: number) =>
  eventually(
    `${count} stamps are ready`,
    () =>
      estate.stamps().length === count && estate.stamps().every(({ id }) => estate.isStampReady(id) === true),
    () =>
      estate
        .stamps()
        .map(({ id }) => `${id}: ${estate.stampProblem(id) ?? 'ready'}`)
        .join('\n'),
  );

test('the folder becomes the first release in the background, and its stamps run from there', async () => {
  const rig = await createEstateRig({ network: '211.1', scale: { min: 2, max: 3 } });
  let permit = () => {};
  const permitted = new Promise<void>((resolve) => {
    permit = resolve;
  });
  const { estate, start } = rig.live('first', {
    prepare: async (input, signal) => {
      await permitted;
      return rig.releases.prepare(input, signal);
    },
  });
  start();
  await eventually('region units are placed', () =>
    Boolean(rig.context.placement.observe('west-2').host?.units.some(({ kind }) => kind === 'observer')),
  );
  expect(estate.stamps()).toEqual([]);
  expect(estate.firstRelease()).toContain('first release');
  permit();
  await allReady(estate, 4);
  const [release] = rig.releases.list();
  expect(estate.record()).toMatchObject({ live: release?.digest, wanted: { 'west-1': 2, 'west-2': 2 } });
  expect(estate.firstRelease()).toBeNull();
  const tree = join(rig.context.environment.stateDir, 'releases', release?.digest ?? '', 'tree');
  for (const { id } of estate.stamps())
    expect(await rig.ask(estate, id)).toMatchObject({ release: release?.digest, folder: tree });
});

test('a second stamp in a zone, and another release, start beside the first; what goes leaves nothing', async () => {
  const rig = await createEstateRig({ network: '211.3' });
  const { estate, start } = rig.live('first');
  start();
  await allReady(estate, 2);
  const { live } = estate.record();
  const short = live.slice(0, 6);
  const before = await rig.ask(estate, `west-1-${short}`);

  estate.change((record) => setCount(record, 'west-1', 2));
  await allReady(estate, 3);
  const second = await rig.ask(estate, `west-1-b-${short}`);
  expect(second).toMatchObject({ release: live });
  expect(await rig.ask(estate, `west-1-${short}`)).toEqual(before);

  const next = await rig.prepare(`${rig.program}// another`);
  estate.change((record) => addRelease(record, next.digest, zones));
  await allReady(estate, 6);
  const candidates = estate.stamps().filter(({ release }) => release === next.digest);
  expect(candidates.map(({ id }) => id)).toEqual([
    `west-1-${next.digest.slice(0, 6)}`,
    `west-1-b-${next.digest.slice(0, 6)}`,
    `west-2-${next.digest.slice(0, 6)}`,
  ]);
  const answers = await Promise.all(candidates.map(({ id }) => rig.ask(estate, id)));
  expect(answers.map(({ release }) => release)).toEqual(candidates.map(() => next.digest));
  expect([...estate.needed().values()].flat().some(({ release }) => release === next.digest)).toBe(false);

  estate.change((record) => setCount(removeRelease(record, next.digest), 'west-1', 1));
  const gone = [...candidates.map(({ id }) => id), `west-1-b-${short}`];
  await eventually('their units are gone', () => gone.every((id) => rig.unitsOf(id).length === 0));
  expect([...answers, second].filter(({ pid }) => lives(pid))).toEqual([]);
  expect(await rig.ask(estate, `west-1-${short}`)).toEqual(before);
});

test('what stood is what a later life and a later up find: nothing starts again, a changed folder waits for a deploy', async () => {
  const rig = await createEstateRig({ network: '211.4' });
  const first = rig.live('first');
  const loop = first.start();
  await allReady(first.estate, 2);
  const next = await rig.prepare(`${rig.program}// another`);
  first.estate.change((record) => addRelease(record, next.digest, zones));
  first.estate.markBroughtUp();
  await allReady(first.estate, 4);
  const ids = first.estate.stamps().map(({ id }) => id);
  const pids = async (estate: EstateController) =>
    Promise.all(ids.map(async (id) => (await rig.ask(estate, id)).pid));
  const before = await pids(first.estate);
  await loop.close();

  const again = rig.live('first');
  expect(again.estate.isBroughtUp()).toBe(true);
  const second = again.start();
  await allReady(again.estate, 4);
  await second.close();
  const later = rig.live('second');
  later.start();
  expect(later.estate.isBroughtUp()).toBe(false);
  await allReady(later.estate, 4);
  expect(later.estate.stamps().map(({ id }) => id)).toEqual(ids);
  expect(await pids(later.estate)).toEqual(before);
  expect(rig.releases.list()).toHaveLength(2);
});
