import type { Operation } from '@alwayson/protocol/operations.ts';
import { withSql, connectSql } from '@alwayson/engines/postgres/sql-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RegionHandover } from '../../src/database/region-handover.ts';
import { goBack } from '../../src/recovery/planned-switch.ts';
import { createReadinessController } from '../../src/recovery/readiness-controller.ts';
import { doorOf, isWhole, waitFor } from '../database/database-rig.ts';
import { type Death, endInStep, stepsLeft } from './end-in-step.ts';
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

test('cancelled while it prepares: it goes back before any write has waited', async () => {
  const writer = rig.writer;
  const { journal } = rig.database;
  const cancelThen = async (handover: RegionHandover, withinMs: number) => {
    const [running] = journal.running();
    journal.cancel(running?.id ?? '', owner);
    await handover.shortenStop(withinMs);
  };
  const board = rig.board((handover) => ({ shortenStop: (withinMs) => cancelThen(handover, withinMs) }));
  const { lost, errors, report } = await rig.writeDuring(() =>
    rig.begin(board).then((begun) => rig.untilEnded(begun)),
  );
  expect({ lost, errors }).toEqual({ lost: 0, errors: {} });
  expect(report.state).toBe('rolled-back');
  expect(report.phases.map(({ name }) => name)).toEqual(['prepare', 'back']);
  expect(rig.writer).toBe(writer);
  expect(() => board.goOn(journal.operation(report.operation) as Operation)).toThrow(/nothing left/);
});

test('one that failed after its point of no return is gone on with', async () => {
  const to = rig.otherRegion;
  let tries = 0;
  const board = rig.board((handover) => ({
    openDoors: async (member) => {
      tries += 1;
      if (tries === 1) throw new Error('too slow');
      return handover.openDoors(member);
    },
  }));
  const { lost, report } = await rig.writeDuring(async () => {
    const failed = await rig.untilEnded(await rig.begin(board));
    expect(failed).toMatchObject({ state: 'failed', error: { message: 'too slow' } });
    expect(board.goOn(failed)).toMatchObject({ id: failed.id, state: 'running' });
    return rig.untilEnded(failed);
  });
  expect(lost).toBe(0);
  expect(report).toMatchObject({ state: 'succeeded', to });
  expect(report.checks.map(({ name }) => name)).toContain('nothing lost');
  expect(rig.region).toBe(to);
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

/** The last moment before the point of no return, and the first after it; all the others: `deaths.slow.test.ts`. */
const deaths: readonly Death[] = [
  { left: stepsLeft[2], when: 'after' },
  { left: stepsLeft[4], when: 'before' },
];

test.each(deaths)(
  'the control plane ends in the step $left.step, $when it acted: the next one leads it to its end',
  (death) => endInStep(rig, death),
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

test('one that came too late goes back without letting go what another holds', async () => {
  const { authority, journal } = rig.database;
  let released = 0;
  const letWritesGo = async () => {
    released += 1;
  };
  const handover = { ...rig.database.controller().handover, letWritesGo };
  authority.hold('the first', 60_000);
  const late = journal.begin({ kind: 'failover', title: 'The second', steps: ['back'] });
  await goBack({ handover, authority, nudge: () => {} }, late);
  late.rollBack(new Error('too late'));
  expect(authority.read()).toMatchObject({ phase: 'holding', operation: 'the first' });
  expect(released).toBe(0);
  authority.release();
});

test('whether the other region could write is looked at all the time, and told when it changes', async () => {
  const { placement, authority } = rig.database;
  const isAble = () => {
    const { handover } = rig.database.controller();
    return isWhole(rig.database) && handover.doors().every(({ isAnswering }) => isAnswering);
  };
  await waitFor('the estate to be whole', isAble);
  let now = Date.now();
  const readiness = createReadinessController({
    ...rig.database.context(),
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
  // Of both: one of them would do as a candidate.
  await waitFor('the loss to be seen', () => {
    const there = rig.database.controller().handover.members();
    return there.every((member) => member.region !== region || !member.isFollowing);
  });
  await look();
  const [lost] = await look();
  expect(lost).toMatchObject({ region, isReady: false });
  expect(lost?.failing.join()).toContain('candidate');
  await Promise.all(zones.map((zone) => placement.startZone(zone)));
  await waitFor('the estate to be whole again', isAble);
  await look();
  expect(await look()).toMatchObject([{ region, isReady: true, failing: [] }]);
  const told = rig.database.events().filter(({ entity }) => entity === region);
  expect(told.map(({ type }) => type)).toEqual(['recovery.not-ready', 'recovery.ready']);
});
