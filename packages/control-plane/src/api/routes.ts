import { EventsQuery, KillResult, TargetRequest } from '@alwayson/protocol/control-api.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { Event } from '@alwayson/protocol/operations.ts';
import { Status } from '@alwayson/protocol/status.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AlertsController } from '../alerts/alerts-controller.ts';
import type { BackupBoard } from '../backups/backup-board.ts';
import type { OperationBoard } from '../operations/operation-board.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import type { Placement } from '../placement/placement.ts';
import type { SwitchBoard } from '../switches/switch-board.ts';
import type { DrillBoard } from '../recovery/drill-board.ts';
import type { DrillSchedules } from '../recovery/drill-schedules.ts';
import type { RecoveryBoard } from '../recovery/recovery-board.ts';
import { planKill, reviveTarget } from '../targets/kill-and-revive.ts';
import type { ScaleController } from '../scale/scale-controller.ts';
import type { HealthSource } from './health-routes.ts';
import type { MeasureSources } from './measure-routes.ts';
import { renderMetrics } from './metrics.ts';
import type { ReleaseBoard } from './release-routes.ts';

export interface ApiContext extends MeasureSources, HealthSource {
  environment: Environment;
  manifest: Manifest;
  journal: SqliteJournal;
  placement: Placement;
  status: () => Status;
  switchBoard: SwitchBoard;
  alerts: Pick<AlertsController, 'alerts' | 'acknowledge'>;
  releases: ReleaseBoard;
  scale: Pick<ScaleController, 'order'>;
  recovery: RecoveryBoard;
  backups: BackupBoard;
  drills: DrillBoard;
  drillSchedules: DrillSchedules;
  operations: OperationBoard;
  /** The built console; null while it is being built. */
  consoleDir: () => string | null;
}

const logLinesMax = 5000;

/** The API of protocol/control-api.ts. */
export function registerRoutes(server: FastifyInstance, context: ApiContext): void {
  registerReads(server, context);
  registerChanges(server, context);
}

function registerReads(server: FastifyInstance, context: ApiContext): void {
  const { journal, status } = context;
  const api = server.withTypeProvider<ZodTypeProvider>();
  api.get(
    '/api/status',
    { schema: { summary: 'The whole environment now', response: { 200: Status } } },
    () => status(),
  );
  api.get(
    '/api/manifest',
    { schema: { summary: 'The manifest, defaults filled in', response: { 200: Manifest } } },
    () => context.manifest,
  );
  const events = { summary: 'History', querystring: EventsQuery, response: { 200: z.array(Event) } };
  api.get('/api/events', { schema: events }, (request) => journal.events(request.query));
  registerLog(server, context);
  api.get('/api/openapi.json', { schema: { hide: true } }, () => server.swagger());
  api.get('/readyz', { schema: { hide: true } }, () => ({ ready: true }));
  api.get('/metrics', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(renderMetrics(status())),
  );
}

function registerLog(server: FastifyInstance, { placement, status }: ApiContext): void {
  const query = z.object({ lines: z.coerce.number().int().min(1).max(logLinesMax).default(200) });
  const schema = {
    summary: "The end of a unit's log, as text",
    params: z.object({ id: z.string() }),
    querystring: query,
  };
  server.withTypeProvider<ZodTypeProvider>().get('/api/units/:id/log', { schema }, async (request, reply) => {
    const { regions, witness } = status();
    const zones = [...regions.flatMap((region) => region.zones), witness];
    const zone = zones.find((candidate) => candidate.units.some((unit) => unit.id === request.params.id));
    if (zone === undefined)
      throw new AlwaysOnError('AON_NOT_FOUND', `There is no unit ${request.params.id}.`);
    const text = await placement.log(zone.name, request.params.id, { lines: request.query.lines });
    return reply.type('text/plain; charset=utf-8').send(text);
  });
}

function registerChanges(server: FastifyInstance, context: ApiContext): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const security = [{ operator: [] }];
  const kill = {
    summary: 'SIGKILL a unit, stamp, zone or region',
    body: TargetRequest,
    response: { 200: KillResult },
    security,
  };
  api.post('/api/kill', { schema: kill }, async (request, reply) => {
    const { result, endsControlPlane, carryOut } = planKill(context, request.body.target);
    if (endsControlPlane) reply.raw.once('finish', () => void carryOut().catch(() => {}));
    else await carryOut();
    return result;
  });
  const revive = {
    summary: 'Bring a killed target back',
    body: TargetRequest,
    response: { 200: KillResult },
    security,
  };
  api.post('/api/revive', { schema: revive }, (request) => reviveTarget(context, request.body.target));
}
