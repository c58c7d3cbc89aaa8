import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { startDrillProcess } from '../../src/recovery/drill-process.ts';
import { createDrillSchedules } from '../../src/recovery/drill-schedules.ts';
import { environmentOf } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

const hour = 3_600_000;
const signal = AbortSignal.timeout(60_000);

/** A control plane whose clock and drills are the test's. */
function createRig() {
  const world = { now: new Date(2026, 0, 1, 12).getTime(), isBusy: false, stopped: 0 };
  const store = openMemoryStore();
  const journal = createSqliteJournal(store, () => world.now);
  const begun: string[] = [];
  const ends: ((failure: string | null) => void)[] = [];
  const open = (type: 'production' | 'sandbox' = 'production') =>
    createDrillSchedules({
      environment: { ...environmentOf(), type },
      records: createSqliteRecords(store, { mirror: noMirror, now: () => world.now }),
      journal,
      now: () => world.now,
      isBroughtUp: () => true,
      isOtherwiseBusy: () => world.isBusy,
      start: (mode, owner) => {
        begun.push(`${mode} for ${owner}`);
        return {
          ended: new Promise((resolve) => ends.push(resolve)),
          stop: () => void (world.stopped += 1),
        };
      },
    });
  return { world, journal, begun, ends, open };
}

test('a drill begins at its moments, one at a time, and not while the database is moved', async () => {
  const { world, begun, ends, open } = createRig();
  const schedules = open();
  expect(schedules.set({ mode: 'restore', cron: '0 3 * * *', owner: 'kim' })).toMatchObject([
    { mode: 'restore', cron: '0 3 * * *', nextAt: new Date(2026, 0, 2, 3).toISOString() },
  ]);
  schedules.set({ mode: 'planned', cron: '10 3 * * *', owner: 'lee' });
  await schedules.tick(signal);
  expect(begun).toEqual([]);
  world.now = new Date(2026, 0, 2, 3).getTime();
  world.isBusy = true;
  await schedules.tick(signal);
  expect(begun).toEqual([]);
  world.isBusy = false;
  await schedules.tick(signal);
  await schedules.tick(signal);
  expect(begun).toEqual(['restore for kim']);
  world.now += hour / 4;
  await schedules.tick(signal);
  expect(begun).toHaveLength(1);
  ends[0]?.(null);
  await Promise.resolve();
  await schedules.tick(signal);
  expect(begun).toEqual(['restore for kim', 'planned for lee']);
  await schedules.close();
  expect(world.stopped).toBe(1);
});

test('what was due while nobody looked for hours is left out; another life of the control plane begins none twice', async () => {
  const { world, begun, open } = createRig();
  open().set({ mode: 'restore', cron: '0 3 * * *', owner: 'kim' });
  world.now = new Date(2026, 0, 2, 9).getTime();
  await open().tick(signal);
  expect(begun).toEqual([]);
  world.now = new Date(2026, 0, 3, 3).getTime();
  await open().tick(signal);
  await open().tick(signal);
  expect(begun).toHaveLength(1);
  expect(open().set({ mode: 'restore', cron: null, owner: 'kim' })).toEqual([]);
  world.now += 48 * hour;
  await open().tick(signal);
  expect(begun).toHaveLength(1);
});

test('one that could not run is told', async () => {
  const { world, journal, ends, open } = createRig();
  const schedules = open();
  schedules.set({ mode: 'emergency', cron: '0 3 * * *', owner: 'kim' });
  world.now = new Date(2026, 0, 2, 3).getTime();
  await schedules.tick(signal);
  ends[0]?.('exit code 4');
  await Promise.resolve();
  expect(journal.events({ limit: 5 }).at(-1)).toMatchObject({ type: 'drill.ended', severity: 'warning' });
});

test.each([
  { what: 'in a sandbox', type: 'sandbox', cron: '0 3 * * *', message: /sandbox/ },
  { what: 'that is none', type: 'production', cron: 'sometimes', message: /not a schedule/ },
  { what: 'that never comes', type: 'production', cron: '0 0 30 2 *', message: /never/ },
] as const)('a schedule $what is refused', ({ type, cron, message }) => {
  const { open } = createRig();
  const set = () => open(type).set({ mode: 'planned', cron, owner: 'kim' });
  expect(set).toThrow(message);
  expect(set).toThrow(expect.objectContaining({ code: 'AON_USAGE' }));
  expect(open(type).list()).toEqual([]);
});

test('it is the command of the same installation, for the same environment, and is asked to end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'alwayson-drill-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const stateDir = join(dir, 'state-shop');
  mkdirSync(join(stateDir, 'control-plane'), { recursive: true });
  const script = `#!/bin/sh
trap 'echo ended; exit 1' TERM
echo "$* $ALWAYSON_HOME $ALWAYSON_ENV $ALWAYSON_ENVIRONMENT"
while :; do sleep 0.05; done
`;
  writeFileSync(join(dir, 'alwayson'), script, { mode: 0o755 });
  const environment = { ...environmentOf(), name: 'shop', stateDir, installDir: dir };
  const drill = startDrillProcess(environment, 'restore', 'kim');
  const log = () => readFileSync(join(stateDir, 'control-plane/drill.log'), 'utf8');
  const file = join(stateDir, 'environment.json');
  await expect.poll(log).toBe(`drill restore --owner kim --json ${join(dir, 'state')} shop ${file}\n`);
  drill.stop();
  expect(await drill.ended).toBeNull();
  expect(log()).toContain('ended');

  writeFileSync(join(dir, 'alwayson'), '#!/bin/sh\nexit 4\n', { mode: 0o755 });
  expect(await startDrillProcess(environment, 'restore', 'kim').ended).toContain('exit code 4');
  rmSync(join(dir, 'alwayson'));
  expect(await startDrillProcess(environment, 'restore', 'kim').ended).toContain('ENOENT');
});
