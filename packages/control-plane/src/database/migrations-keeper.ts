import { fileURLToPath } from 'node:url';
import { applicationDatabase, applicationUser } from '@alwayson/engines/postgres/server-files.ts';
import { applyMigrations } from './apply-migrations.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';

const platformFolder = fileURLToPath(new URL('./platform/', import.meta.url));
const retryMs = 10_000;
const statementDeadlineMs = 600_000;

export interface MigrationsKeeper {
  /** Applies migrations in the background once in this controller's life, as soon as the writer takes writes. */
  poll(isWritable: boolean): void;
  /** Why the schema is not the one that is wanted, or null when it is. */
  waiting(): string | null;
}

/** Brings the schema of AlwaysOn and of the workload up to date. A failure is told and tried again. */
export function createMigrationsKeeper(runtime: DatabaseRuntime, onEnd: () => void): MigrationsKeeper {
  const { context, plan } = runtime;
  let running = false;
  let retryAt = 0;
  let waiting: string | null = 'migrations are pending';

  const migrate = async (writer: string) => {
    // Migrations are writes like any other: they wait for the second copy.
    const settings = { lock_timeout: '10s' };
    const administrator = administratorTarget(runtime, writer, statementDeadlineMs);
    const target = { ...administrator, database: applicationDatabase, settings };
    const sets = [
      { set: 'platform', folder: platformFolder },
      ...(plan.migrationsDir === null
        ? []
        : [{ set: 'workload', folder: plan.migrationsDir, owner: applicationUser }]),
    ];
    for (const entry of sets) {
      const applied = await applyMigrations({ target, ...entry });
      if (applied.length === 0) continue;
      const message = `Migrations of the ${entry.set} were applied: ${applied.join(', ')}.`;
      context.journal.event({ severity: 'info', type: 'database.migrated', entity: writer, message });
    }
  };

  return {
    poll(isWritable) {
      const { writer } = runtime.record.value;
      if (!isWritable || writer === null || waiting === null || running || performance.now() < retryAt)
        return;
      running = true;
      migrate(writer)
        .then(
          () => {
            waiting = null;
          },
          (error: unknown) => {
            const message = error instanceof Error ? error.message : String(error);
            retryAt = performance.now() + retryMs;
            if (waiting !== message) {
              context.journal.event({
                severity: 'error',
                type: 'database.migration-failed',
                entity: writer,
                message,
              });
            }
            waiting = message;
          },
        )
        .finally(() => {
          running = false;
          onEnd();
        });
    },
    waiting: () => waiting,
  };
}
