import {
  renderAnnounce,
  renderDiscard,
  renderPlace,
  renderRestore,
} from '@alwayson/engines/pgbackrest/restore-task.ts';
import { parseSteps } from '@alwayson/engines/pgbackrest/throwaway-server.ts';
import { applicationDatabase, repairMarker, superuser } from '@alwayson/engines/postgres/server-files.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { memberOf } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime, memoryOf } from './database-runtime.ts';
import { raiseFences } from './restored-data.ts';
import { runTask } from './run-task.ts';
import { waitUntil } from './wait-until.ts';

export interface RestoreSource {
  /** The number of the repository, from 1. */
  repository: number;
  label: string;
  /** Unix ms of the last moment that is wanted; null for the end of the backup. */
  time: number | null;
  /** Gives it up. */
  signal?: AbortSignal;
}

/** Restores beside a member, which goes on meanwhile. Returns how long each step took. */
export async function restoreBeside(
  runtime: DatabaseRuntime,
  member: string,
  { signal, ...source }: RestoreSource,
): Promise<{ name: string; ms: number }[]> {
  const { plan } = runtime;
  if (plan.backups === null) throw new AlwaysOnError('AON_DATABASE', 'This environment has no backups.');
  const task = renderRestore({
    program: plan.backups.program,
    binDir: plan.binDir,
    address: memberOf(plan, member).address,
    port: zonePorts.verification,
    user: superuser,
    password: plan.passwords.postgresSuperuser,
    database: applicationDatabase,
    statement: raiseFences,
    ...source,
  });
  return parseSteps(await runTask(runtime, member, { ...task, signal }));
}

/** Puts what was restored in the place of the member's data, and starts it: a standby that has that, and nothing later. */
export async function placeRestored(
  runtime: DatabaseRuntime,
  member: string,
  withinMs: number,
): Promise<void> {
  const { context, plan } = runtime;
  const { zone } = memberOf(plan, member);
  await runTask(runtime, member, renderAnnounce(repairMarker));
  await context.placement.act(zone, member, 'stop');
  await runTask(runtime, member, renderPlace(repairMarker));
  const memory = memoryOf(runtime, member);
  memory.data = { kind: 'unknown' };
  memory.tries.starts = 0;
  await context.placement.act(zone, member, 'start');
  await waitUntil(`${member} to answer with what was restored`, withinMs, () =>
    isStandby(runtime, member).catch(() => false),
  );
}

/**
 * The way back. A member that has the restored data already is of another history: it is stopped, and copied anew from the writer, before
 * anybody could count on it.
 */
export async function discardRestored(
  runtime: DatabaseRuntime,
  member: string,
  isPlaced: boolean,
): Promise<void> {
  await runTask(runtime, member, renderDiscard(isPlaced ? repairMarker : null));
  if (!isPlaced) return;
  await runtime.context.placement.act(memberOf(runtime.plan, member).zone, member, 'stop');
  memoryOf(runtime, member).data = { kind: 'unknown' };
}

function isStandby(runtime: DatabaseRuntime, member: string): Promise<boolean> {
  return withSql(administratorTarget(runtime, member), async (client) => {
    const [row] = await client.query<{ yes: boolean }>('SELECT pg_is_in_recovery() AS yes');
    return row?.yes === true;
  });
}
