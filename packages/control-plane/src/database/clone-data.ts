import { renderClone } from '@alwayson/engines/pgbackrest/clone-task.ts';
import { parseSteps } from '@alwayson/engines/pgbackrest/throwaway-server.ts';
import {
  applicationDatabase,
  applicationUser,
  replicationUser,
  superuser,
} from '@alwayson/engines/postgres/server-files.ts';
import { cloneFailed } from '@alwayson/protocol/operations.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type DataOrigin, memberOf } from './database-plan.ts';
import type { DatabaseRuntime } from './database-runtime.ts';
import { forgetKeptState, raiseFences } from './restored-data.ts';
import { runTask } from './run-task.ts';

/** Gives the first member of a copied environment its data: the other's backup, masked, with passwords of its own. */
export async function cloneData(
  runtime: DatabaseRuntime,
  member: string,
  { repository, cipherPass, postgresSuperuser, label, time, mask }: DataOrigin,
): Promise<void> {
  const { plan, context } = runtime;
  if (plan.backups === null) throw new AlwaysOnError('AON_DATABASE', 'This environment has no backups.');
  const { passwords } = plan;
  const task = renderClone({
    program: plan.backups.program,
    binDir: plan.binDir,
    address: memberOf(plan, member).address,
    port: zonePorts.verification,
    user: superuser,
    password: postgresSuperuser,
    database: applicationDatabase,
    source: { repository, cipherPass },
    label,
    time,
    roles: [
      { name: replicationUser, password: passwords.postgresReplication },
      { name: applicationUser, password: passwords.postgresApplication },
      { name: superuser, password: passwords.postgresSuperuser },
    ],
    mask,
    statement: `${raiseFences}; ${forgetKeptState}`,
  });
  const output = await runTask(runtime, member, task).catch((error: unknown) => {
    // Told each time: trying again helps when the disk was full, and not when the mask is wrong.
    const reason = error instanceof Error ? error.message : String(error);
    const event = { severity: 'error', type: cloneFailed, entity: member } as const;
    context.journal.event({
      ...event,
      message: `The backup ${label} cannot be copied to ${member}: ${reason}`,
    });
    throw error;
  });
  const steps = parseSteps(output);
  const times = steps.map(({ name, ms }) => `${name} ${ms} ms`).join(', ');
  const until = time === null ? '' : ` and the log up to ${new Date(time).toISOString()}`;
  const message = `${member} begins with the backup ${label}${until} (${times}).`;
  context.journal.event({ severity: 'info', type: 'database.cloned', entity: member, message });
}
