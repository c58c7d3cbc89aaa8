import { mkdirSync, readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { toAlertInput } from '@alwayson/core/alerts/to-alert-input.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import { takeLead } from '@alwayson/engines/process/priority.ts';
import { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { type AlertsController, createAlertsController } from './alerts/alerts-controller.ts';
import { createTargets } from './alerts/create-targets.ts';
import { createApiServer } from './api/server.ts';
import { startConsoleBuild } from './builds/console-build.ts';
import type { ControllerContext } from './controller.ts';
import { createDatabaseController } from './database/database-controller.ts';
import { createEstateController, type EstateController } from './estate/estate-controller.ts';
import { readEstate } from './estate/estate-store.ts';
import { createHealthController, type HealthController } from './health/health-controller.ts';
import { type Loop, startLoop } from './loop.ts';
import { createOperationBoard, type OperationBoardContext } from './operations/operation-board.ts';
import { createSqliteJournal, type SqliteJournal } from './operations/sqlite-journal.ts';
import { createHostPlacement } from './placement/host-placement.ts';
import { createQueueController } from './queue/queue-controller.ts';
import type { Records } from './records/records.ts';
import { createSqliteRecords } from './records/sqlite-records.ts';
import { createRecordsMirror } from './records/records-mirror.ts';
import { openStore } from './records/sqlite-store.ts';
import { markLive } from './releases/mark-live.ts';
import { openAuthority } from './recovery/authority-register.ts';
import { createRecovery } from './recovery/create-recovery.ts';
import { switchKinds } from './recovery/switch-runner.ts';
import { createReleaseStore, type ReleaseStore } from './releases/release-store.ts';
import { createRollouts, type Rollouts, type RolloutsContext } from './rollout/create-rollouts.ts';
import { createRoutesController, type RoutesController } from './routes/routes-controller.ts';
import type { ScaleContext } from './scale/scale-context.ts';
import { createScaleController, type ScaleController } from './scale/scale-controller.ts';
import { createSharesController, type SharesController } from './shares/shares-controller.ts';
import type { ShareFacts } from './shares/to-share-evidence.ts';
import { createCacheSignals } from './signals/cache-signals.ts';
import { createCertificateSignals } from './signals/certificate-signals.ts';
import { createObserverSignals, type ObserverSignals } from './signals/observer-signals.ts';
import { createStampSignals, type StampSignals } from './signals/stamp-signals.ts';
import { createPromiseStart } from './slo/promise-start.ts';
import { createSloController } from './slo/slo-controller.ts';
import { buildStatus } from './status/build-status.ts';
import { createBringUpController } from './status/bring-up.ts';
import { createSwitchBoard } from './switches/switch-board.ts';
import { createSwitchesController, type SwitchesController } from './switches/switches-controller.ts';
import { createTransitionEvents } from './status/transition-events.ts';

/** The composition root: the only place where the control plane's parts are put together. */
async function main(): Promise<void> {
  takeLead();
  const environment = readEnvironment();
  const now = Date.now;
  const stateFolder = join(environment.stateDir, 'control-plane');
  mkdirSync(stateFolder, { recursive: true });
  const mirror = createRecordsMirror(join(stateFolder, 'records.json'));
  const store = openStore(join(stateFolder, 'state.db'), mirror, now);
  const records = createSqliteRecords(store.database, { mirror, now });
  const journal = createSqliteJournal(store.database, now);
  const releases = createReleaseStore({ environment, now });
  const manifest = readManifest(environment, { records, releases });
  const placement = createHostPlacement({ environment });
  let loop: Loop | undefined;
  const nudge = () => loop?.nudge();

  const context = { environment, manifest, placement, records, journal, releases, now };
  let leave = () => {};
  const restart = (reason: string) => {
    const message = `The control plane starts anew with ${reason}.`;
    journal.event({ severity: 'info', type: 'control-plane.restarting', entity: 'control-plane', message });
    leave();
  };
  const { controllers, api, isQuiet } = createParts(context, { nudge, restart });
  const consoleDir = startConsoleBuild(environment, journal);
  const server = await createApiServer({ environment, manifest, journal, placement, ...api, consoleDir });
  journal.closeInterrupted(['deploy', 'rollback', ...Object.values(switchKinds)]);
  api.recovery.resume();
  loop = startLoop(controllers, { journal, now, isQuiet });
  journal.listen({ event: loop.stir, operation: loop.stir });
  placement.onChange(nudge);
  await server.listen({ host: '127.0.0.1', port: environment.console.port });
  // Who is killed has no time for it, and would compile all of it again when it is missed.
  flushCompileCache();
  tellStart(journal, store.setAside);

  const stop = async () => {
    await server.close();
    await loop?.close();
    await placement.close();
    store.database.close();
    process.exit(0);
  };
  leave = () => void stop();
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

function readEnvironment(): Environment {
  const file = process.env.ALWAYSON_ENVIRONMENT;
  if (file === undefined) throw new Error('ALWAYSON_ENVIRONMENT must name the environment.json to run.');
  return Environment.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Of the live release, also when a crash fell between its record and `manifest.json`; before the first one, what `up` has read. */
function readManifest(
  environment: Environment,
  { records, releases }: { records: Records; releases: ReleaseStore },
): Manifest {
  const { live } = readEstate(records).value;
  if (live !== '' && releases.find(live) !== null) markLive(releases, environment, live);
  return Manifest.parse(JSON.parse(readFileSync(join(environment.stateDir, 'manifest.json'), 'utf8')));
}

/** The parts in the order in which a status reads best; what one needs of a later one it asks for when it runs. */
function createParts(
  context: ControllerContext & { journal: SqliteJournal; releases: ReleaseStore },
  { nudge, restart }: { nudge: () => void; restart: (reason: string) => void },
) {
  const { environment, manifest, records, journal, releases } = context;
  const authority = openAuthority(records, toRegions(environment)[0]?.name ?? '', context.now);
  const intent = process.env.ALWAYSON_UP_AT ?? environment.createdAt;
  const contact = (stamp: string) => stampSignals.contact(stamp);
  const estate = createEstateController({ ...context, intent, releases, contact, nudge });
  const { stamps, isBroughtUp } = estate;
  const draining = () => new Set([...estate.leaving(), ...rollouts.controller.draining()]);
  const migrationsDir = () => findMigrations(manifest, estate);
  const database = createDatabaseController({ ...context, authority, migrationsDir });
  const queue = createQueueController(context);
  const switches = createSwitchesController({ ...context, stamps });
  const observerSignals = createObserverSignals(context);
  const stampSignals = createStampSignals({ ...context, stamps, isBusy: observerSignals.isBusy }, nudge);
  const cacheSignals = createCacheSignals(context);
  const certificateSignals = createCertificateSignals(context);
  const facts = () => toFacts();
  const shares: SharesController = createSharesController({ ...context, intent, facts, nudge });
  const routed = { stamps, draining, switches, routing: shares.routing, epoch: authority.epoch };
  const routes = createRoutesController({ ...context, ...routed, flows: () => rollouts.flows() });
  const told = { grayStamps: shares.grayStamps, shares: shares.report };
  const memoryFile = join(environment.stateDir, 'control-plane', 'health.json');
  const live = () => estate.record().live;
  const asked = { switches, stampSignals, observerSignals, cacheSignals, certificateSignals };
  const seen = { stamps, live, draining, database, queue, ...asked, routes };
  const health = createHealthController({ ...context, ...seen, ...told, isBroughtUp, memoryFile });
  const deploymentRunning = () => rollouts.controller.isRunning();
  const life = { isBroughtUp, isNew: estate.record().live === '', deploymentRunning };
  const { slo, alerts } = createTelling(context, { switches, health, ...life });
  const toFacts = createFacts(context, { ...seen, health, rollouts: () => rollouts });
  const parts = { releases, estate, database, queue, ...asked, routes, shares, slo, health };
  const { rollouts, scale } = createMoving({ ...context, ...parts }, { nudge, restart });
  const measured = { shares, health, slo, alerts };
  const recoverable = { authority, database, queue, observerSignals, isBroughtUp, nudge };
  const recovering = createRecovery({ ...context, ...recoverable });
  const moving = { rollouts: rollouts.controller, scale, routes, ...recovering.controllers };
  const controllers = { estate, database, queue, ...asked, ...measured, ...moving };
  const status = () => buildStatus({ ...context, ...controllers, authority });
  const bringUp = createBringUpController({ estate, manifest, journal, status, shares });
  const transitions = createTransitionEvents(journal, status);
  const switchBoard = createSwitchBoard({ ...context, ...controllers, stamps: estate.serving, nudge });
  const boards = withOperations(journal, { releases: rollouts.board, ...recovering.boards });
  return {
    controllers: [...Object.values(controllers), bringUp, transitions],
    api: { ...measured, ...boards, status, switchBoard, scale },
    isQuiet: () =>
      isBroughtUp() &&
      !observerSignals.isBusy() &&
      !deploymentRunning() &&
      authority.read().phase === 'steady' &&
      health.state(entityIds.workload(manifest.name)) === 'healthy',
  };
}

/** Operations are ordered about by whoever runs them. */
function withOperations<Boards extends Omit<OperationBoardContext, 'journal'>>(
  journal: SqliteJournal,
  boards: Boards,
) {
  return { ...boards, operations: createOperationBoard({ journal, ...boards }) };
}

type MovingContext = Omit<RolloutsContext, 'schema' | 'restart' | 'nudge'> &
  Omit<ScaleContext, 'rolloutRunning'> & { database: { schema: RolloutsContext['schema'] } };

/** What adds stamps and takes them away. */
function createMoving(
  context: MovingContext,
  { nudge, restart }: Pick<RolloutsContext, 'nudge' | 'restart'>,
): { rollouts: Rollouts; scale: ScaleController } {
  const rollouts = createRollouts({ ...context, schema: context.database.schema, nudge, restart });
  const rolloutRunning = () => rollouts.controller.isRunning();
  return { rollouts, scale: createScaleController({ ...context, rolloutRunning }) };
}

interface FactSources {
  stamps: EstateController['stamps'];
  draining: () => ReadonlySet<string>;
  stampSignals: StampSignals;
  observerSignals: ObserverSignals;
  switches: SwitchesController;
  routes: RoutesController;
  health: Pick<HealthController, 'verdict'>;
  rollouts: () => Rollouts;
}

/** What shares are decided from. */
function createFacts({ manifest, placement, now }: ControllerContext, sources: FactSources) {
  const { stamps, draining, stampSignals, observerSignals, switches, routes, health, rollouts } = sources;
  return (): ShareFacts => ({
    manifest,
    stamps: stamps(),
    zone: placement.observe,
    contact: stampSignals.contact,
    verdict: health.verdict,
    switches: switches.state(),
    draining: draining(),
    rollout: rollouts().controller.rollout(),
    onlyIn: rollouts().onlyIn(),
    flows: rollouts().flows(),
    reports: routes.reports(),
    observations: observerSignals.observations(),
    now: now(),
  });
}

/** Those of the live release. */
function findMigrations({ stores }: Manifest, estate: EstateController): string | null {
  const folder = stores.find(({ kind }) => kind === 'relational')?.migrations;
  return folder === undefined ? null : resolve(estate.liveTree(), folder);
}

interface ToldOf {
  switches: Pick<SwitchesController, 'maintenance'>;
  health: Pick<HealthController, 'report'>;
  isBroughtUp: () => boolean;
  /** Nothing was ever brought up here. */
  isNew: boolean;
  deploymentRunning: () => boolean;
}

/** What people are told: objectives beside what was measured, and alerts. */
function createTelling(context: ControllerContext, { switches, health, ...life }: ToldOf) {
  const { environment, manifest, now } = context;
  const slo = createSloController({
    ...context,
    promisedSince: createPromiseStart({ ...context, ...life }),
    deploymentRunning: life.deploymentRunning,
    maintenance: switches.maintenance,
    incidentOpen: () => alerts.alerts({ state: 'open' }).some(({ severity }) => severity === 'page'),
  });
  const alerts: AlertsController = createAlertsController({
    ...context,
    targets: createTargets(manifest.alerts, { stateDir: environment.stateDir, env: process.env, now }),
    input: () => {
      const report = life.isBroughtUp() ? health.report() : null;
      return report === null ? null : toAlertInput({ health: report, slo: slo.report(), manifest });
    },
  });
  return { slo, alerts };
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
