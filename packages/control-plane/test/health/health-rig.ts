import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createHealthController } from '../../src/health/health-controller.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createSwitchesController } from '../../src/switches/switches-controller.ts';
import { recordingPlacement } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';
import {
  cacheOf,
  contactOf,
  createWorld,
  databaseOf,
  doorsOf,
  environment,
  manifest,
  observeZone,
  queuesOf,
  record,
  reportsOf,
  stamps,
} from './health-world.ts';
import { observationsOf } from './observed-world.ts';

/** A health controller on a real journal and real records, in a world of facts on a clock of its own. */
export function createHealthRig({ world = createWorld(), memoryFile = temporaryFile() } = {}) {
  const store = openMemoryStore();
  const now = () => world.nowMs;
  const journal = createSqliteJournal(store, now);
  const records = createSqliteRecords(store, { mirror: noMirror, now });
  const placement = { ...recordingPlacement(), observe: (zone: string) => observeZone(world, zone) };
  const context = { environment, manifest, placement, records, journal, now };
  const listStamps = () => world.stamps;
  const health = createHealthController({
    ...context,
    stamps: listStamps,
    live: () => stamps[0]?.release ?? '',
    database: { status: () => databaseOf(world), doors: () => doorsOf(world) },
    cacheSignals: { answer: (region) => cacheOf(world, region) },
    certificateSignals: { certificates: () => world.certificates },
    queue: { status: () => queuesOf(world) },
    routes: { record: () => record, reports: () => reportsOf(world) },
    stampSignals: { contact: (stamp) => contactOf(world, stamp) },
    observerSignals: { observations: () => observationsOf(world) },
    switches: createSwitchesController({ ...context, stamps: listStamps }),
    isBroughtUp: () => world.broughtUp,
    grayStamps: () => world.gray,
    shares: () => world.shares,
    memoryFile,
  });
  const events = () => journal.events({ limit: 1000 });
  return {
    world,
    health,
    journal,
    records,
    memoryFile,
    /** Ticks once a second for so long. */
    async run(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        world.nowMs += 1000;
        await health.tick(new AbortController().signal);
      }
    },
    events,
    typesOf: (entity: string) =>
      events()
        .filter((event) => event.entity === entity)
        .map(({ type }) => type),
    /** Everything that is not healthy, with its state. */
    troubles: () =>
      Object.fromEntries(
        (health.report()?.entities ?? []).flatMap(({ id, state }) =>
          state === 'healthy' ? [] : [[id, state]],
        ),
      ),
    rootCauses: (id: string) => health.explain(id)?.entity.rootCauses ?? [],
  };
}

export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-health-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'health.json');
}
