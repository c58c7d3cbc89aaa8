import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller } from '../controller.ts';
import type { BackupWork } from './backup-work.ts';
import { DatabaseDriver, type DoorFacts } from './database-driver.ts';
import type { DatabaseContext } from './database-runtime.ts';
import type { KeptState } from './kept-state.ts';
import type { RegionHandover } from './region-handover.ts';
import type { SchemaWork } from './schema-work.ts';

export interface DatabaseController extends Controller {
  /** Of which a change of the writer's region is made. */
  readonly handover: RegionHandover;
  readonly backups: BackupWork;
  /** What belongs to the workload beside its tables, kept in it. */
  readonly state: KeptState;
  /** What a second copy means (`DatabasePolicy`). */
  readonly copy: 'none' | 'degrade' | 'refuse';
  status(): Status['database'];
  /** What the PgBouncers answered last. */
  doors(): readonly DoorFacts[];
  /** Who may write, as committed; null before there is a database. */
  writer(): { member: string; region: string; term: number } | null;
  /** What releases change in the schema. */
  readonly schema: SchemaWork;
}

/**
 * Runs the environment's PostgreSQL servers and the PgBouncers before them, with the `direct` driver: AlwaysOn itself decides
 * who writes. The committed record says who; everything else converges to it from whatever is found. A tick starts what is
 * due and never waits for it. Throws AON_PREREQUISITE_MISSING without PostgreSQL's programs.
 */
export function createDatabaseController(context: DatabaseContext): DatabaseController {
  const driver = new DatabaseDriver(context);
  return {
    name: 'database',
    isWatchful: true,
    tick: async () => driver.cycle(),
    close: () => driver.close(),
    status: () => driver.status(),
    doors: () => driver.doors(),
    writer: () => driver.writer(),
    schema: driver.schema,
    handover: driver.handover,
    backups: driver.backups,
    state: driver.state,
    copy: driver.copy,
  };
}
