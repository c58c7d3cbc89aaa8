import type { AlertInput } from '@alwayson/core/alerts/alert-input.ts';
import type { AlertNotification } from '@alwayson/protocol/alerts.ts';
import { beforeEach, expect, test, vi } from 'vitest';
import { createAlertsController } from '../../src/alerts/alerts-controller.ts';
import type { NotificationTarget } from '../../src/alerts/notifier.ts';
import { createSqliteJournal, type SqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { environmentOf, manifestOf } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';
import { outageInput } from './fixtures.ts';

let now: number;
let input: AlertInput | null;
let database: ReturnType<typeof openMemoryStore>;
let journal: SqliteJournal;

beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  input = outageInput();
  database = openMemoryStore();
  journal = createSqliteJournal(database, () => now);
});

/** A controller on the test's records: another one is the same after a restart. */
function create(targets: NotificationTarget[] = []) {
  const clock = () => now;
  const controller = createAlertsController({
    environment: environmentOf(),
    manifest: manifestOf(),
    records: createSqliteRecords(database, { mirror: noMirror, now: clock }),
    journal,
    now: clock,
    input: () => input,
    targets,
    random: () => 1,
  });
  return {
    ...controller,
    async run(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        await controller.tick(new AbortController().signal);
        now += 1000;
      }
    },
  };
}

/** A receiver in this process, that takes what it is given or not. */
function createTarget(
  name: string,
  severities: NotificationTarget['severities'] = ['page', 'ticket', 'info'],
) {
  const taken: AlertNotification[] = [];
  const target = {
    isDown: false,
    attempts: 0,
    taken,
    severities,
    notifier: {
      name,
      async deliver(notification: AlertNotification) {
        target.attempts += 1;
        if (target.isDown) throw new Error(`The ${name} is down.`);
        taken.push(notification);
      },
    },
  };
  return target;
}

const eventTypes = () => journal.events({ limit: 100 }).map(({ type }) => type);
const settled = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

test('an alert is opened, told, survives a restart, and is resolved', async () => {
  const hook = createTarget('hook');
  await create([hook]).run(10);
  await settled(() => expect(hook.taken.map(({ change }) => change)).toEqual(['opened']));
  expect(hook.taken[0]?.source).toBe('/alwayson/shop/test');
  const again = create([hook]);
  expect(again.alerts({ state: 'active' })).toMatchObject([{ rootCause: 'store:database', state: 'open' }]);
  await again.run(10);
  input = outageInput('healthy');
  await again.run(62);
  await settled(() => expect(hook.taken.map(({ change }) => change)).toEqual(['opened', 'resolved']));
  expect(again.alerts({ state: 'active' })).toEqual([]);
  expect(again.alerts({ state: 'all' })).toMatchObject([{ state: 'resolved' }]);
  expect(again.alerts({ state: 'resolved' })).toHaveLength(1);
  expect(eventTypes()).toEqual(['alert.opened', 'alert.resolved']);
});

test('without a model nothing is decided, and what is open stays so', async () => {
  const controller = create();
  await controller.run(10);
  input = null;
  await controller.run(300);
  expect(controller.alerts({ state: 'active' })).toHaveLength(1);
});

test('a dead receiver holds up nobody, is told once, and gets everything when it is back', async () => {
  const dead = createTarget('dead');
  const alive = createTarget('alive');
  dead.isDown = true;
  const controller = create([dead, alive]);
  await controller.run(60);
  input = outageInput('healthy');
  await controller.run(70);
  await settled(() => expect(alive.taken).toHaveLength(2));
  expect(dead.attempts).toBeGreaterThan(3);
  expect(dead.attempts).toBeLessThan(10);
  expect(eventTypes().filter((type) => type === 'notification.failed')).toHaveLength(1);
  dead.isDown = false;
  const again = create([dead, alive]);
  for (let round = 0; round < 20 && dead.taken.length < 2; round += 1) {
    await again.run(60);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(dead.taken.map(({ change }) => change)).toEqual(['opened', 'resolved']);
  expect(alive.taken).toHaveLength(2);
  expect(eventTypes()).toContain('notification.delivered');
});

test('a receiver is told of its severities only', async () => {
  const pages = createTarget('pages', ['page']);
  const tickets = createTarget('tickets', ['ticket']);
  await create([pages, tickets]).run(30);
  await settled(() => expect(pages.taken).toHaveLength(1));
  expect(tickets.taken).toEqual([]);
});

test('what nobody takes for a day is given up, with an event', async () => {
  const dead = createTarget('dead');
  dead.isDown = true;
  const controller = create([dead]);
  await controller.run(10);
  const { id } = controller.alerts({ state: 'active' })[0] ?? { id: '' };
  controller.acknowledge(id, { owner: 'kim', reason: 'on it' });
  now += 24 * 3600 * 1000;
  await controller.run(1);
  expect(journal.events({ limit: 100 }).at(-1)).toMatchObject({
    type: 'notification.expired',
    severity: 'error',
    entity: 'store:database',
    message: expect.stringContaining('The dead never took it'),
  });
  dead.isDown = false;
  await controller.run(2);
  expect(dead.taken).toEqual([]);
});

test('maintenance is told, and acknowledging too', async () => {
  const quiet = outageInput();
  input = { ...quiet, entities: quiet.entities.map((entity) => ({ ...entity, flags: ['maintenance'] })) };
  const controller = create();
  await controller.run(30);
  expect(eventTypes()).toEqual(['alert.suppressed']);
  expect(controller.alerts({ state: 'all' })).toEqual([]);
  input = quiet;
  await controller.run(2);
  const { id } = controller.alerts({ state: 'open' })[0] ?? { id: '' };
  expect(controller.acknowledge(id, { owner: 'kim', reason: 'on it' })).toMatchObject({
    state: 'acknowledged',
    acknowledged: { owner: 'kim', reason: 'on it' },
  });
  expect(eventTypes()).toEqual(['alert.suppressed', 'alert.opened', 'alert.acknowledged']);
  expect(() => controller.acknowledge('alert-1', { owner: 'kim', reason: 'x' })).toThrow(/no open alert/);
});

test('an outage that only lasts is not written to disk every second', async () => {
  const controller = create();
  await controller.run(10);
  const version = () => database.prepare("SELECT version FROM record WHERE name = 'alerts'").get();
  const before = version();
  await controller.run(100);
  expect(version()).toEqual(before);
});

test('a disk that takes nothing more does not keep an alert from being told', async () => {
  const hook = createTarget('hook');
  const controller = create([hook]);
  await controller.run(3);
  database.exec('PRAGMA query_only = 1');
  for (let second = 0; second < 10; second += 1) {
    await controller.run(1).catch(() => {});
    now += 1000;
  }
  await settled(() => expect(hook.taken.map(({ change }) => change)).toEqual(['opened']));
  database.exec('PRAGMA query_only = 0');
  await controller.run(2);
  expect(create().alerts({ state: 'active' })).toHaveLength(1);
  expect(hook.taken).toHaveLength(1);
});
