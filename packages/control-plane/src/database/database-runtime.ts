import { type DatabaseRecord, emptyDatabaseRecord } from '@alwayson/core/database/database-record.ts';
import type { DataFolder, MemberAnswer } from '@alwayson/core/database/database-observation.ts';
import type { LagHistory } from '@alwayson/core/database/replication-lag.ts';
import { superuser } from '@alwayson/engines/postgres/server-files.ts';
import { administratorSettings } from '@alwayson/engines/postgres/administer-server.ts';
import type { SqlTarget } from '@alwayson/engines/postgres/sql-client.ts';
import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { AuthorityRegister } from '../recovery/authority-register.ts';
import type { CommittedRecord } from './database-units.ts';
import { type DatabasePlan, memberOf } from './database-plan.ts';
import type { DoorWatch } from './door-watch.ts';
import type { LinkTracker } from './link-tracker.ts';
import type { MemberWatch } from './member-watch.ts';
import type { SpecKeeper } from './spec-keeper.ts';

const recordName = 'database';
const recordSchema: z.ZodType<DatabaseRecord> = z.object({
  epoch: z.int().positive().default(1),
  term: z.int().nonnegative(),
  writer: z.string().nullable(),
  previous: z.string().nullable(),
  sync: z.string().nullable(),
  waitFor: z.string().nullable(),
  initialised: z.boolean(),
});

/** What is known of a member beside what it answers; forgotten with the process, found again by looking. */
export interface MemberMemory {
  data: DataFolder;
  tries: { starts: number; rejoins: number };
}

/** A change of the writer on its way. */
export interface FailoverOperation {
  term: number;
  handle: OperationHandle;
  /** When the old writer answered last, and when the change was decided. */
  lastAnswerAt: number;
  decidedAt: number;
}

export interface DatabaseContext extends ControllerContext {
  authority: AuthorityRegister;
  /** The folder of the live release's migrations, absolute; null when it has none. In the workload's folder when absent. */
  migrationsDir?: () => string | null;
}

/** Everything that the parts of the database controller share. */
export interface DatabaseRuntime {
  context: ControllerContext;
  authority: AuthorityRegister;
  plan: DatabasePlan;
  migrationsDir: () => string | null;
  record: CommittedRecord;
  /** When this controller began to watch. */
  since: number;
  watches: ReadonlyMap<string, MemberWatch>;
  doors: ReadonlyMap<string, DoorWatch>;
  memory: ReadonlyMap<string, MemberMemory>;
  links: LinkTracker;
  specs: SpecKeeper;
  /** The last term in which the writer was seen to answer. */
  seenTerm: number;
  /** The standby proven synchronous, and the record's version under which it was. */
  proven: { standby: string; version: number } | null;
  /** The last member that was promoted, or seen writable, as the record's writer: where doors lead until the next one is. */
  target: string | null;
  failover: FailoverOperation | null;
  /** How far behind the others were when the writer answered last. */
  lastReplicas: MemberAnswer['replicas'];
  /** How far behind in time, by member. */
  lags: Map<string, LagHistory>;
}

export function readRecord({ records }: ControllerContext): CommittedRecord {
  return records.read(recordName, recordSchema, emptyDatabaseRecord);
}

/** Makes a decision durable. Throws AON_GENERATION_OLD when another one was committed meanwhile. */
export function commitRecord({ context, record }: DatabaseRuntime, value: DatabaseRecord): CommittedRecord {
  return { version: context.records.commit(recordName, record.version, value), value };
}

/** How to reach a member as its administrator. */
export function administratorTarget({ plan }: DatabaseRuntime, id: string, timeoutMs = 10_000): SqlTarget {
  const { address, port } = memberOf(plan, id);
  return {
    host: address,
    port,
    user: superuser,
    password: plan.passwords.postgresSuperuser,
    database: 'postgres',
    timeoutMs,
    settings: administratorSettings,
  };
}

export function memoryOf({ memory }: DatabaseRuntime, id: string): MemberMemory {
  const found = memory.get(id);
  if (found === undefined) throw new Error(`There is no member ${id}.`);
  return found;
}
