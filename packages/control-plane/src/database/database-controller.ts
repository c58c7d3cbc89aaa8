import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import { isWritable } from '@alwayson/core/database/member-evidence.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { createRuntime } from './create-runtime.ts';
import { memberOf } from './database-plan.ts';
import { toDatabaseStatus } from './database-status.ts';
import { createMemberLanes } from './member-lanes.ts';
import { createMigrationsKeeper } from './migrations-keeper.ts';
import { noteWriterAnswer, observeDatabase, pollMembers } from './observe-database.ts';
import { runAction } from './run-action.ts';
import { settleRecord } from './settle-record.ts';
import { tellAction } from './tell-action.ts';
import { wantUnits } from './want-units.ts';

const probeMs = 1000;
/** While something moves, members are asked more often, for this long after the last move. */
const movingProbeMs = 200;
const movingForMs = 5000;
const doorProbeMs = 2000;
/** A door that takes connections and says nothing so often is killed; its host starts it again. */
const doorSilencesMax = 3;
/** The same failure is told once, then again after this long. */
const repeatFailureMs = 60_000;

export interface DatabaseController extends Controller {
  status(): Status['database'];
  /** Who may write, as committed; null before there is a database. */
  writer(): { member: string; region: string; term: number } | null;
}

/**
 * Runs the environment's PostgreSQL servers and the PgBouncers before them, with the `direct` driver: AlwaysOn itself decides
 * who writes. The committed record says who; everything else converges to it from whatever is found. A tick starts what is
 * due and never waits for it.
 */
export function createDatabaseController(context: ControllerContext): DatabaseController {
  const { now } = context;
  const tellFailure = createFailureTeller(context);
  let closed = false;
  let movedAt = now();
  let timer: NodeJS.Timeout | undefined;

  const runtime = createRuntime(context, {
    onProbed(member) {
      noteWriterAnswer(runtime, member);
      turn();
    },
    onSent: () => turn(),
    onSendFailure: (unit, error) => tellFailure(unit, 'specification', error),
  });
  const lanes = createMemberLanes({ now, onEnd: () => move(), onFailure: tellFailure });
  const migrations = createMigrationsKeeper(runtime, () => move());

  const launch = (action: DatabaseAction) => {
    // Looking must not keep a member from what acts.
    const isLook = action.type === 'prove' || action.type === 'probe';
    lanes.start(isLook ? `${action.member} ${action.type}` : action.member, action.type, async () => {
      movedAt = now();
      tellAction(context.journal, action);
      await runAction(runtime, action);
    });
  };

  const cycle = () => {
    const isMoving = now() - movedAt < movingForMs;
    pollMembers(runtime, isMoving ? movingProbeMs : probeMs);
    const { observation, actions, hasCommitted } = settleRecord(runtime);
    if (hasCommitted) movedAt = now();
    wantUnits(runtime, observation);
    for (const action of actions) launch(action);
    const { writer, initialised, waitFor, sync } = runtime.record.value;
    const member = observation.members[writer ?? ''];
    migrations.poll(initialised && waitFor === sync && member !== undefined && isWritable(member));
    watchDoors();
    clearTimeout(timer);
    if (isMoving && !closed) timer = setTimeout(turn, movingProbeMs);
  };
  /** A cycle on the controller's own account: what it meets is told, and the next one tries again. */
  const turn = () => {
    if (closed) return;
    try {
      cycle();
    } catch (error) {
      tellFailure('database', 'cycle', error);
    }
  };
  const move = () => {
    movedAt = now();
    turn();
  };

  const watchDoors = () => {
    for (const { id, zone } of runtime.plan.doors) {
      const door = runtime.doors.get(id);
      if (door === undefined || context.placement.observe(zone.name).contact !== 'connected') continue;
      if (door.silences() >= doorSilencesMax) {
        lanes.start(id, 'kill', async () => {
          await context.placement.act(zone.name, id, 'kill');
          await door.read();
        });
      } else door.poll(doorProbeMs);
    }
  };

  return {
    name: 'database',
    async tick() {
      if (!closed) cycle();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await lanes.close();
      for (const watch of runtime.watches.values()) watch.close();
      for (const door of runtime.doors.values()) door.close();
    },
    status: () => toDatabaseStatus(runtime, observeDatabase(runtime), migrations.waiting()),
    writer() {
      const { writer, term, initialised } = runtime.record.value;
      if (writer === null || !initialised) return null;
      return { member: writer, region: memberOf(runtime.plan, writer).region, term };
    },
  };
}

function createFailureTeller({ journal, now }: ControllerContext) {
  const told = new Map<string, { message: string; at: number }>();
  return (entity: string, what: string, error: unknown) => {
    const message = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
    const last = told.get(entity);
    if (last?.message === message && now() - last.at < repeatFailureMs) return;
    told.set(entity, { message, at: now() });
    journal.event({ severity: 'warning', type: 'database.action-failed', entity, message });
  };
}
