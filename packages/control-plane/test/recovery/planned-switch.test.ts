import { withSql, connectSql } from '@alwayson/engines/postgres/sql-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReadinessController } from '../../src/recovery/readiness-controller.ts';
import { doorOf, isWhole, waitFor } from '../database/database-rig.ts';
import { owner, RecoveryRig } from './recovery-rig.ts';

/** One estate; each test leaves it whole. */
let rig: RecoveryRig;

beforeAll(async () => {
  rig = await RecoveryRig.start(3);
});

afterAll(() => rig.destroy());

test('to the other region and back, again and again: writes wait and none fails or is lost', async () => {
  for (let round = 0; round < 2; round += 1) {
    const [from, to] = [rig.region, rig.otherRegion];
    const { epoch } = rig.database.authority.read();
    const { lost, errors, report } = await rig.writeDuring(() =>
      rig.begin().then((begun) => rig.untilEnded(begun)),
    );
    expect({ lost, errors }).toEqual({ lost: 0, errors: {} });
    expect(report).toMatchObject({ state: 'succeeded', from, to, epoch: epoch + 1, lostWrites: 0 });
    expect(rig.region).toBe(to);
    expect(rig.database.authority.read()).toMatchObject({
      epoch: epoch + 1,
      writerRegion: to,
      phase: 'steady',
    });
    expect(report.checks.every(({ state }) => state === 'pass')).toBe(true);
  }
});

test('a transaction that does not end: the switch is undone before anything was stopped', async () => {
  const { epoch } = rig.database.authority.read();
  const writer = rig.writer;
  const session = await connectSql(doorOf(rig.database, 'west-2', 'write'));
  await session.query('BEGIN');
  await session.query("INSERT INTO item VALUES (-1, 'open')");
  const { lost, errors, report } = await rig.writeDuring(() =>
    rig.begin().then((begun) => rig.untilEnded(begun)),
  );
  await session.query('COMMIT');
  session.close();
  expect({ lost, errors }).toEqual({ lost: 0, errors: {} });
  expect(report).toMatchObject({ state: 'rolled-back', epoch, lostWrites: 0 });
  expect(report.phases.map(({ name }) => name)).toEqual(['prepare', 'hold', 'back']);
  expect(rig.writer).toBe(writer);
  const [kept] = await withSql(doorOf(rig.database, 'east-1', 'write'), (client) =>
    client.query('SELECT zone FROM item WHERE id = -1'),
  );
  expect(kept).toEqual({ zone: 'open' });
});

test('a standby that does not have everything is never named: the old writer goes on', async () => {
  const writer = rig.writer;
  const never = async () => {
    throw new Error('it has not received it');
  };
  const { lost, errors, report } = await rig.writeDuring(() =>
    rig.begin(rig.board(() => ({ awaitReceived: never }))).then((begun) => rig.untilEnded(begun)),
  );
  expect({ lost, errors }).toEqual({ lost: 0, errors: {} });
  expect(report.state).toBe('rolled-back');
  expect(report.phases.map(({ name }) => name)).toEqual(['prepare', 'hold', 'stop', 'gate', 'back']);
  expect(rig.writer).toBe(writer);
});

test('a token of another history is refused', async () => {
  const { handover } = rig.database.controller();
  const member = handover.members().find(({ isFollowing }) => isFollowing)?.id ?? '';
  const ahead = { member: 'nobody', timeline: 1_000_000, lsn: 'FFFFFFFF/0' };
  await expect(handover.awaitReceived(member, ahead, 200)).rejects.toMatchObject({ code: 'AON_DATABASE' });
  const older = { member: 'nobody', timeline: 0, lsn: '0/1' };
  await expect(handover.awaitReceived(member, older, 200)).rejects.toMatchObject({ code: 'AON_DATABASE' });
  await expect(handover.awaitReceived(rig.writer, { ...older, timeline: 1_000_000 }, 200)).rejects.toThrow(
    'in vain',
  );
});

/** The control plane ends in that step: nothing that the step would have returned ever comes. */
const never = <T>() => new Promise<T>(() => {});
const effects = [
  { step: 'prepare', effect: 'checkpoint', ends: 'rolled-back' },
  { step: 'hold', effect: 'holdWrites', ends: 'rolled-back' },
  { step: 'stop', effect: 'stopWriter', ends: 'rolled-back' },
  { step: 'gate', effect: 'awaitReceived', ends: 'rolled-back' },
  { step: 'promote', effect: 'awaitWritable', ends: 'succeeded' },
  { step: 'open', effect: 'openDoors', ends: 'succeeded' },
  { step: 'follow', effect: 'awaitFollowers', ends: 'succeeded' },
] as const;
/** All of them before and after: `e2e/recovery`. */
const deaths = effects.flatMap((death) => {
  const isCrucial = death.step === 'stop' || death.step === 'promote';
  return (isCrucial ? (['before', 'after'] as const) : (['after'] as const)).map((when) => ({
    when,
    ...death,
  }));
});

test.each(deaths)(
  'the control plane ends in the step $step, $when it acted: the next one leads it to its end',
  async (death) => {
    const { when, step, effect, ends } = death;
    const [from, to] = [rig.region, rig.otherRegion];
    const { epoch } = rig.database.authority.read();
    const { lost, report } = await rig.writeDuring(async () => {
      let hasActed = when === 'before';
      const board = rig.board((handover) => ({
        [effect]: async (...args: never[]) => {
          if (when === 'after') await (handover[effect] as (...given: never[]) => Promise<unknown>)(...args);
          hasActed = true;
          return never();
        },
      }));
      const { id } = await rig.begin(board);
      await waitFor(`the step ${step}`, () => {
        const operation = rig.database.journal.operation(id);
        // One that went back before it came there says why.
        if (operation?.state !== 'running') throw new Error(JSON.stringify(operation));
        return hasActed && operation.steps.some(({ name, state }) => name === step && state === 'running');
      });
      await rig.database.stopController();
      rig.database.startController();
      rig.board().resume();
      return rig.untilEnded({ id });
    });
    const isMoved = ends === 'succeeded';
    expect(lost).toBe(0);
    expect(report.state).toBe(ends);
    expect(rig.region).toBe(isMoved ? to : from);
    expect(rig.database.authority.read()).toMatchObject({
      epoch: isMoved ? epoch + 1 : epoch,
      phase: 'steady',
    });
  },
);

test('two at once: the second is refused, and so is one to where it writes already', async () => {
  const board = rig.board();
  const first = await rig.begin(board);
  await expect(rig.begin(board)).rejects.toThrow(/still running/);
  expect(await rig.untilEnded(first)).toMatchObject({ state: 'succeeded' });
  await waitFor('the estate to be whole', () => isWhole(rig.database));
  await expect(rig.begin(board, rig.region)).rejects.toThrow(/writes already/);
  await expect(rig.begin(board, 'north')).rejects.toThrow(/no region north/);
  const emergency = { region: rig.otherRegion, mode: 'emergency', acceptDataLoss: true, owner } as const;
  await expect(board.begin(emergency)).rejects.toThrow(/a planned switch loses nothing/);
});

test('whether the other region could write is looked at all the time, and told when it changes', async () => {
  const { environment, manifest, placement, records, journal, authority } = rig.database;
  await waitFor('the estate to be whole', () => isWhole(rig.database));
  let now = Date.now();
  const readiness = createReadinessController({
    environment,
    manifest,
    placement,
    records,
    journal,
    authority,
    database: rig.database.controller(),
    isBroughtUp: () => true,
    now: () => now,
  });
  const look = async () => {
    now += 30_000;
    await readiness.tick(AbortSignal.timeout(1000));
    return readiness.readiness();
  };
  const region = rig.otherRegion;
  expect(await look()).toMatchObject([{ region, isReady: true, failing: [] }]);
  const zones = ['1', '2'].map((zone) => `${region}-${zone}`);
  await Promise.all(zones.map((zone) => placement.outageZone(zone)));
  await waitFor('the loss to be seen', () => !isWhole(rig.database));
  await look();
  const [lost] = await look();
  expect(lost).toMatchObject({ region, isReady: false });
  expect(lost?.failing.join()).toContain('candidate');
  await Promise.all(zones.map((zone) => placement.startZone(zone)));
  const { handover } = rig.database.controller();
  await waitFor(
    'the estate to be whole again',
    () => isWhole(rig.database) && handover.doors().every(({ isAnswering }) => isAnswering),
  );
  await look();
  expect(await look()).toMatchObject([{ region, isReady: true, failing: [] }]);
  const told = rig.database.events().filter(({ entity }) => entity === region);
  expect(told.map(({ type }) => type)).toEqual(['recovery.not-ready', 'recovery.ready']);
});
