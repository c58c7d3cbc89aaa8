import { fileURLToPath } from 'node:url';
import { isContract } from '@alwayson/core/rollout/decide-migrations.ts';
import { applyMigrations } from './apply-migrations.ts';
import type { DatabaseRuntime } from './database-runtime.ts';
import { readMigrations } from './migration-files.ts';
import { migrationTarget, tellApplied, workloadSet } from './migration-target.ts';

const platformFolder = fileURLToPath(new URL('./platform/', import.meta.url));
const retryMs = 10_000;

export interface MigrationsKeeper {
  /** Applies migrations in the background, once in this controller's life and in each epoch: a restore brings back an older schema. */
  poll(isWritable: boolean): void;
  /** Why the schema is not the one that is wanted, or null when it is. */
  waiting(): string | null;
}

/**
 * Brings the schema of AlwaysOn, and of the release that is live, up to date; of the latter what only adds. A failure is told and
 * tried again.
 */
export function createMigrationsKeeper(runtime: DatabaseRuntime, onEnd: () => void): MigrationsKeeper {
  const { context } = runtime;
  let running = false;
  let retryAt = 0;
  let doneIn: number | null = null;
  let waiting: string | null = 'migrations are pending';

  const migrate = async (writer: string) => {
    const target = migrationTarget(runtime, writer);
    const platform = { set: 'platform', migrations: await readMigrations(platformFolder) };
    const live = { ...workloadSet, migrations: await readMigrations(runtime.migrationsDir()) };
    // What removes something is a rollout's to run: it knows who may still need it.
    const isWanted = (name: string) => !isContract(name);
    for (const entry of [platform, { ...live, isWanted }]) {
      tellApplied(context.journal, {
        ...entry,
        writer,
        applied: await applyMigrations({ target, ...entry }),
      });
    }
  };

  return {
    poll(isWritable) {
      const { writer, epoch } = runtime.record.value;
      if (!isWritable || writer === null || doneIn === epoch || running || performance.now() < retryAt)
        return;
      running = true;
      migrate(writer)
        .then(
          () => {
            waiting = null;
            doneIn = epoch;
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
