import { isAttached, isWritable } from '@alwayson/core/database/member-evidence.ts';
import type { SurvivorFacts } from '@alwayson/core/recovery/check-emergency.ts';
import type { RegionLossFacts } from '@alwayson/core/recovery/decide-region-loss.ts';
import type { SwitchMember } from '@alwayson/core/recovery/check-switch.ts';
import { doorAdministrator, doorConsole } from '@alwayson/engines/pgbouncer/door-files.ts';
import { holdWrites } from '@alwayson/engines/pgbouncer/hold-writes.ts';
import { parseControlData, renderControlData } from '@alwayson/engines/postgres/data-folder.ts';
import { shortenStop } from '@alwayson/engines/postgres/shorten-stop.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { awaitDoors } from './await-doors.ts';
import { type DoorPlan, memberOf } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';
import { askSurvivors, toRegionLoss } from './loss-evidence.ts';
import { observeDatabase } from './observe-database.ts';
import { discardRestored, placeRestored, type RestoreSource, restoreBeside } from './restore-member.ts';
import { runTask } from './run-task.ts';
import { waitUntil } from './wait-until.ts';

/** Proof of a stop in good order: whoever received more than this from that server has all that it ever acknowledged. */
export interface StopToken {
  member: string;
  timeline: number;
  /** Of the shutdown checkpoint, the last thing in its log. */
  lsn: string;
}

/** The effects of which a change of the writer's region is made. Each may be repeated. */
export interface RegionHandover {
  members(): SwitchMember[];
  doors(): { id: string; isAnswering: boolean }[];
  /** Does ahead what the stop would have to do. */
  shortenStop(withinMs: number): Promise<void>;
  /** Writes wait at every door from now on; returns when none is under way any more. Throws AON_DATABASE when that takes too long. */
  holdWrites(withinMs: number): Promise<void>;
  /** Every door that can be reached lets them go on, or only that one. */
  letWritesGo(door?: string): Promise<void>;
  /** Stops the writer in good order. Throws AON_DATABASE when it did not end so. */
  stopWriter(): Promise<StopToken>;
  /** Starts it again, and waits until it takes writes. */
  startWriter(withinMs: number): Promise<void>;
  /** Throws AON_DATABASE when the member does not hold everything up to the token in time. */
  awaitReceived(member: string, token: StopToken, withinMs: number): Promise<void>;
  /** Waits until the member is the writer and takes writes. */
  awaitWritable(member: string, withinMs: number): Promise<void>;
  /** Each door lets writes go on as soon as it leads to the member. Returns those that did not in time. */
  openDoors(member: string): Promise<string[]>;
  /** Waits until the others follow the writer, those of one region when it is named. Returns those that did not in time. */
  awaitFollowers(region: string | null, withinMs: number): Promise<string[]>;
  /** Writes a commit that changes nothing: the log reaches beyond this moment, as a replay up to it needs. */
  markLog(): Promise<void>;
  /** Restores a backup beside a member, which goes on meanwhile. */
  restoreBeside(member: string, source: RestoreSource): Promise<{ name: string; ms: number }[]>;
  /** Makes the member a standby with what was restored. Throws AON_DATABASE when it does not answer as one in time. */
  placeRestored(member: string, withinMs: number): Promise<void>;
  /** Forgets what was restored. `isPlaced`: the member may have it already, and is copied anew from the writer. */
  discardRestored(member: string, isPlaced: boolean): Promise<void>;
  /** What speaks for and against a loss of the region that writes. */
  regionLoss(): RegionLossFacts;
  /** What the servers of a region hold that answer. */
  survivors(region: string): Promise<SurvivorFacts[]>;
}

export function createRegionHandover(runtime: DatabaseRuntime, cycle: () => void): RegionHandover {
  const { plan, context, doors } = runtime;
  const writer = () => memberOf(plan, runtime.record.value.writer ?? '');
  const reachable = () =>
    plan.doors.filter(({ zone }) => context.placement.observe(zone.name).contact === 'connected');
  const observe = () => observeDatabase(runtime);

  return {
    members: () => toSwitchMembers(runtime),
    doors: () =>
      plan.doors.map(({ id }) => ({ id, isAnswering: doors.get(id)?.answer()?.kind === 'answered' })),
    shortenStop: (withinMs) =>
      withSql(administratorTarget(runtime, writer().id, 60_000), (client) => shortenStop(client, withinMs)),
    async holdWrites(withinMs) {
      const open = plan.doors.map((door) => holdAt(runtime, door, withinMs));
      await Promise.all(open).catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        const message = `Writes under way did not end within ${withinMs} ms, or a door does not answer: ${detail}`;
        throw new AlwaysOnError('AON_DATABASE', message, { cause: error });
      });
      // That they are held is what lets them be led elsewhere early.
      await Promise.all(plan.doors.map(async ({ id }) => doors.get(id)?.read()));
    },
    async letWritesGo(only) {
      const wanted = reachable().filter(({ id }) => only === undefined || id === only);
      await Promise.allSettled(wanted.map(async ({ id }) => doors.get(id)?.letWritesGo()));
    },
    async stopWriter() {
      const { id, zone } = writer();
      await context.placement.act(zone, id, 'stop');
      const control = parseControlData(await runTask(runtime, id, renderControlData(plan.binDir)));
      if (control?.state === 'shut down')
        return { member: id, timeline: control.timeline, lsn: control.checkpoint };
      const state = control?.state ?? 'unreadable';
      throw new AlwaysOnError('AON_DATABASE', `${id} did not stop in good order: it is ${state}.`);
    },
    async startWriter(withinMs) {
      const { id, zone } = writer();
      await context.placement.act(zone, id, 'start');
      await waitUntil(`${id} to take writes again`, withinMs, async () => {
        await runtime.watches.get(id)?.refresh();
        const seen = observe().members[id];
        return seen !== undefined && isWritable(seen);
      });
    },
    awaitReceived: (member, token, withinMs) => awaitReceived(runtime, token, { member, withinMs }),
    async awaitWritable(member, withinMs) {
      await waitUntil(`${member} to take writes`, withinMs, () => {
        const seen = observe().members[member];
        if (runtime.record.value.writer !== member) cycle();
        return runtime.target === member && seen !== undefined && isWritable(seen);
      });
    },
    openDoors: (member) => awaitDoors(runtime, member, (door) => door.letWritesGo()),
    markLog: () =>
      withSql(administratorTarget(runtime, writer().id), async (client) => {
        await client.query('SELECT pg_current_xact_id()');
      }),
    restoreBeside: (member, source) => restoreBeside(runtime, member, source),
    placeRestored: (member, withinMs) => placeRestored(runtime, member, withinMs),
    discardRestored: (member, isPlaced) => discardRestored(runtime, member, isPlaced),
    regionLoss: () => toRegionLoss(runtime),
    survivors: (region) => askSurvivors(runtime, region),
    async awaitFollowers(region, withinMs) {
      const missing = () =>
        toSwitchMembers(runtime).filter(
          (member) =>
            !member.isWriter && !member.isFollowing && (region === null || member.region === region),
        );
      // One whose host is gone follows when it is back.
      const isThere = ({ id }: SwitchMember) => observe().members[id]?.host === 'connected';
      await waitUntil('the others to follow', withinMs, () => !missing().some(isThere)).catch(() => {});
      return missing().map(({ id }) => id);
    },
  };
}

function toSwitchMembers(runtime: DatabaseRuntime): SwitchMember[] {
  const { plan, record } = runtime;
  const observation = observeDatabase(runtime);
  const { writer } = record.value;
  const replicas = observation.members[writer ?? '']?.answer?.replicas ?? {};
  return plan.members.map(({ id, region }) => {
    const member = observation.members[id];
    const isWriter = id === writer;
    return {
      id,
      region,
      isWriter,
      isWriting: isWriter && member !== undefined && isWritable(member),
      isFollowing: !isWriter && member !== undefined && isAttached(member),
      lagBytes: replicas[id]?.lagBytes ?? null,
    };
  });
}

/** On a connection of its own: it waits, and must not keep others from asking. */
function holdAt({ plan }: DatabaseRuntime, { zone, port }: DoorPlan, timeoutMs: number): Promise<void> {
  const password = plan.passwords.postgresSuperuser;
  const target = { host: zone.address, port, user: doorAdministrator, database: doorConsole, password };
  return withSql({ ...target, timeoutMs }, holdWrites);
}

/** Of a standby whose source was stopped: what it received stays received, and is replayed before it is promoted. */
async function awaitReceived(
  runtime: DatabaseRuntime,
  { lsn, timeline, member: from }: StopToken,
  { member, withinMs }: { member: string; withinMs: number },
): Promise<void> {
  await withSql(administratorTarget(runtime, member), async (client) => {
    const hasReceived = async () => {
      const [row] = await client.query<{ yes: boolean }>(
        `SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_receive_lsn() > $1::pg_lsn, false)
           AND (SELECT timeline_id FROM pg_control_checkpoint()) <= $2 AS yes`,
        [lsn, timeline],
      );
      return row?.yes === true;
    };
    await waitUntil(`${member} to hold everything up to ${lsn} of ${from}`, withinMs, hasReceived);
  });
}
