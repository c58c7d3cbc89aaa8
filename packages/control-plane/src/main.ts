import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { createApiServer } from './api/server.ts';
import { openAuthority } from './authority.ts';
import { startConsoleBuild } from './builds/console-build.ts';
import type { ControllerContext } from './controller.ts';
import { createDatabaseController } from './database/database-controller.ts';
import { createEstateController } from './estate/estate-controller.ts';
import { type Loop, startLoop } from './loop.ts';
import { createSqliteJournal } from './operations/sqlite-journal.ts';
import { createHostPlacement } from './placement/host-placement.ts';
import { createQueueController } from './queue/queue-controller.ts';
import { createSqliteRecords } from './records/sqlite-records.ts';
import { createRecordsMirror } from './records/records-mirror.ts';
import { openStore } from './records/sqlite-store.ts';
import { createRoutesController } from './routes/routes-controller.ts';
import { createObserverSignals } from './signals/observer-signals.ts';
import { createStampSignals } from './signals/stamp-signals.ts';
import { buildStatus } from './status/build-status.ts';
import { createBringUpController } from './status/bring-up.ts';
import { createTransitionEvents } from './status/transition-events.ts';

/** The composition root: the only place where the control plane's parts are put together. */
async function main(): Promise<void> {
  const environmentFile = process.env.ALWAYSON_ENVIRONMENT;
  if (environmentFile === undefined)
    throw new Error('ALWAYSON_ENVIRONMENT must name the environment.json to run.');
  const environment = Environment.parse(JSON.parse(readFileSync(environmentFile, 'utf8')));
  const manifest = Manifest.parse(
    JSON.parse(readFileSync(join(environment.stateDir, 'manifest.json'), 'utf8')),
  );
  const storeFile = join(environment.stateDir, 'control-plane', 'state.db');
  mkdirSync(dirname(storeFile), { recursive: true });

  const now = Date.now;
  const mirror = createRecordsMirror(join(dirname(storeFile), 'records.json'));
  const store = openStore(storeFile, mirror, now);
  const records = createSqliteRecords(store.database, { mirror, now });
  const journal = createSqliteJournal(store.database, now);
  const placement = createHostPlacement({ environment });
  const context: ControllerContext = { environment, manifest, placement, records, journal, now };
  const authority = openAuthority(records, toRegions(environment)[0]?.name ?? '');

  let loop: Loop | undefined;
  const nudge = () => loop?.nudge();
  const estate = createEstateController({
    ...context,
    intent: process.env.ALWAYSON_UP_AT ?? environment.createdAt,
  });
  const stamps = estate.stamps;
  const database = createDatabaseController(context);
  const queue = createQueueController(context);
  const routes = createRoutesController({ ...context, stamps, epoch: authority.epoch });
  const stampSignals = createStampSignals({ ...context, stamps }, nudge);
  const observerSignals = createObserverSignals(context);
  const sources = {
    ...context,
    journal,
    estate,
    routes,
    stampSignals,
    observerSignals,
    database,
    queue,
    authority,
  };
  const status = () => buildStatus(sources);
  const bringUp = createBringUpController({ estate, manifest, journal, status });
  const transitions = createTransitionEvents(journal, status);

  const consoleDir = startConsoleBuild(environment, journal);
  const server = await createApiServer({ environment, manifest, journal, placement, status, consoleDir });
  journal.closeInterrupted();
  loop = startLoop([estate, database, queue, routes, stampSignals, observerSignals, bringUp, transitions], {
    journal,
    now,
  });
  placement.onChange(nudge);
  await server.listen({ host: '127.0.0.1', port: environment.console.port });
  if (store.setAside !== null) {
    journal.event({
      severity: 'error',
      type: 'control-plane.restored',
      entity: 'control-plane',
      message: `The history was unreadable and is now ${store.setAside}; the records came back from their mirror.`,
    });
  }
  journal.event({
    severity: 'info',
    type: 'control-plane.started',
    entity: 'control-plane',
    message: 'The control plane is up.',
  });

  const stop = async () => {
    await server.close();
    await loop?.close();
    await placement.close();
    store.database.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
