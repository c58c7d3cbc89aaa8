import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { createSqliteJournal, type SqliteJournal } from './operations/sqlite-journal.ts';
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
import { createSwitchBoard } from './switches/switch-board.ts';
import { createSwitchesController } from './switches/switches-controller.ts';
import { createTransitionEvents } from './status/transition-events.ts';

/** The composition root: the only place where the control plane's parts are put together. */
async function main(): Promise<void> {
  const { environment, manifest } = readConfiguration();
  const now = Date.now;
  const stateFolder = join(environment.stateDir, 'control-plane');
  mkdirSync(stateFolder, { recursive: true });
  const mirror = createRecordsMirror(join(stateFolder, 'records.json'));
  const store = openStore(join(stateFolder, 'state.db'), mirror, now);
  const records = createSqliteRecords(store.database, { mirror, now });
  const journal = createSqliteJournal(store.database, now);
  const placement = createHostPlacement({ environment });
  let loop: Loop | undefined;
  const nudge = () => loop?.nudge();

  const context = { environment, manifest, placement, records, journal, now };
  const { controllers, status, switchBoard } = createControllers(context, nudge);
  const consoleDir = startConsoleBuild(environment, journal);
  const server = await createApiServer({
    environment,
    manifest,
    journal,
    placement,
    status,
    switchBoard,
    consoleDir,
  });
  journal.closeInterrupted();
  loop = startLoop(controllers, { journal, now });
  placement.onChange(nudge);
  await server.listen({ host: '127.0.0.1', port: environment.console.port });
  tellStart(journal, store.setAside);

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

function readConfiguration(): { environment: Environment; manifest: Manifest } {
  const file = process.env.ALWAYSON_ENVIRONMENT;
  if (file === undefined) throw new Error('ALWAYSON_ENVIRONMENT must name the environment.json to run.');
  const environment = Environment.parse(JSON.parse(readFileSync(file, 'utf8')));
  const manifest = Manifest.parse(
    JSON.parse(readFileSync(join(environment.stateDir, 'manifest.json'), 'utf8')),
  );
  return { environment, manifest };
}

/** The controllers in the order in which a status reads best, and the status that they add up to. */
function createControllers(context: ControllerContext & { journal: SqliteJournal }, nudge: () => void) {
  const { environment, manifest, records, journal } = context;
  const authority = openAuthority(records, toRegions(environment)[0]?.name ?? '');
  const intent = process.env.ALWAYSON_UP_AT ?? environment.createdAt;
  const estate = createEstateController({ ...context, intent });
  const stamps = estate.stamps;
  const database = createDatabaseController(context);
  const queue = createQueueController(context);
  const switches = createSwitchesController({ ...context, stamps });
  const routes = createRoutesController({ ...context, stamps, switches, epoch: authority.epoch });
  const stampSignals = createStampSignals({ ...context, stamps }, nudge);
  const observerSignals = createObserverSignals(context);
  const parts = { estate, database, queue, switches, routes, stampSignals, observerSignals };
  const status = () => buildStatus({ ...context, ...parts, authority });
  const bringUp = createBringUpController({ estate, manifest, journal, status });
  const transitions = createTransitionEvents(journal, status);
  const switchBoard = createSwitchBoard({ ...context, ...parts, stamps, nudge });
  return { controllers: [...Object.values(parts), bringUp, transitions], status, switchBoard };
}

function tellStart(journal: SqliteJournal, setAside: string | null): void {
  const entity = 'control-plane';
  if (setAside !== null) {
    const message = `The history was unreadable and is now ${setAside}; the records came back from their mirror.`;
    journal.event({ severity: 'error', type: 'control-plane.restored', entity, message });
  }
  const message = 'The control plane is up.';
  journal.event({ severity: 'info', type: 'control-plane.started', entity, message });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
