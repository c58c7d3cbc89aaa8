import { applicationDatabase, applicationUser } from '@alwayson/engines/postgres/server-files.ts';
import type { SqlTarget } from '@alwayson/engines/postgres/sql-client.ts';
import type { Journal } from '../operations/journal.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';

const statementDeadlineMs = 600_000;

/** The workload's own migrations: their history, and who runs them. */
export const workloadSet = { set: 'workload', owner: applicationUser } as const;

/** How migrations reach the writer. They are writes like any other: they wait for the second copy. */
export function migrationTarget(runtime: DatabaseRuntime, writer: string): SqlTarget {
  const settings = {
    // Whoever comes after it waits as long: it is short, and asked for again.
    lock_timeout: '1s',
    // Nobody waits for an answer any more.
    statement_timeout: `${statementDeadlineMs}ms`,
    client_connection_check_interval: '1s',
  };
  const administrator = administratorTarget(runtime, writer, statementDeadlineMs);
  return { ...administrator, database: applicationDatabase, settings };
}

export function tellApplied(
  journal: Journal,
  { set, writer, applied }: { set: string; writer: string; applied: readonly string[] },
): void {
  if (applied.length === 0) return;
  const message = `Migrations of the ${set} were applied: ${applied.join(', ')}.`;
  journal.event({ severity: 'info', type: 'database.migrated', entity: writer, message });
}
