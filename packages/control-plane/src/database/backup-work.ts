import { isStandby, isWritable } from '@alwayson/core/database/member-evidence.ts';
import {
  type BackupOrder,
  renderBackup,
  renderInfo,
  renderStanza,
} from '@alwayson/engines/pgbackrest/backup-tasks.ts';
import { parseInfo, type RepositoryContent } from '@alwayson/engines/pgbackrest/parse-info.ts';
import { parseSteps } from '@alwayson/engines/pgbackrest/throwaway-server.ts';
import { renderVerify } from '@alwayson/engines/pgbackrest/verify-task.ts';
import { type Fork, parseHistory } from '@alwayson/engines/postgres/salvage.ts';
import { applicationDatabase, superuser } from '@alwayson/engines/postgres/server-files.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { BackupPlan, MemberPlan } from './database-plan.ts';
import { memberOf } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';
import { observeDatabase } from './observe-database.ts';
import { readHistory } from './read-history.ts';
import { runTask } from './run-task.ts';
import { waitUntil } from './wait-until.ts';

/** By which pgBackRest says that another of its processes is at it. */
const lockedCode = '[050]';
const lockedWithinMs = 15_000;

/** What is done with backups, beside the servers. Everything throws AON_DATABASE without a writer, AON_TASK_FAILED with what was said. */
export interface BackupWork {
  /** Regions with a repository; empty where backups are not possible. */
  regions(): readonly string[];
  /** Whether the writer takes writes, and since which term. */
  writer(): { member: string; term: number } | null;
  /** Makes the repositories ready; nothing happens when they are. */
  prepare(): Promise<void>;
  make(order: Omit<BackupOrder, 'repository'> & { region: string; signal?: AbortSignal }): Promise<void>;
  content(region: string): Promise<RepositoryContent>;
  /** Restores it to a throwaway server and reads it whole. Returns how long each step took. */
  verify(what: {
    region: string;
    label: string | null;
    signal?: AbortSignal;
  }): Promise<{ name: string; ms: number }[]>;
  /** The writer's timeline, and those before it, with where they were left. */
  history(): Promise<{ timeline: number; forks: readonly Fork[] }>;
  /** Unix ms of what the writer archived last, and of what it could not. */
  archived(): Promise<{ lastAt: number | null; lastFailedAt: number | null }>;
}

export function createBackupWork(runtime: DatabaseRuntime): BackupWork {
  const { plan } = runtime;
  const writer = () => requireWriter(runtime);
  const server = (member: MemberPlan) => {
    const { program } = backupsOf(plan.backups);
    return { program, address: member.address, password: plan.passwords.postgresSuperuser };
  };
  const numberOf = (region: string) => {
    const index = backupsOf(plan.backups).repositories.findIndex((one) => one.region === region);
    if (index < 0) throw new AlwaysOnError('AON_NOT_FOUND', `No backups are kept in ${region}.`);
    return index + 1;
  };
  return {
    regions: () => plan.backups?.repositories.map(({ region }) => region) ?? [],
    writer() {
      const found = findWriter(runtime);
      return found === null ? null : { member: found.id, term: runtime.record.value.term };
    },
    async prepare() {
      const make = () => runTask(runtime, writer().id, renderStanza(server(writer())));
      // The archiver holds the lock while it sends a file of the log.
      await waitUntil('the archiver to let go of the repositories', lockedWithinMs, () =>
        make().then(() => true, ifLocked),
      );
    },
    async make({ region, type, note, signal }) {
      const order = { repository: numberOf(region), type, note };
      await runTask(runtime, writer().id, { ...renderBackup(server(writer()), order), signal });
    },
    async content(region) {
      return parseInfo(await runTask(runtime, writer().id, renderInfo(server(writer()), numberOf(region))));
    },
    async verify({ region, label, signal }) {
      const member = findQuietMember(runtime);
      const task = renderVerify({
        ...server(member),
        binDir: plan.binDir,
        user: superuser,
        port: zonePorts.verification,
        repository: numberOf(region),
        label,
        database: applicationDatabase,
        invariants: backupsOf(plan.backups).invariants,
      });
      return parseSteps(await runTask(runtime, member.id, { ...task, signal }));
    },
    async history() {
      const { timeline, text } = await readHistory(runtime, writer().id);
      return { timeline, forks: parseHistory(text) };
    },
    archived: () =>
      withSql(administratorTarget(runtime, writer().id), async (client) => {
        const [row] = await client.query<{ last: number | null; failed: number | null }>(
          `SELECT (extract(epoch FROM last_archived_time) * 1000)::float8 AS last,
             (extract(epoch FROM last_failed_time) * 1000)::float8 AS failed FROM pg_stat_archiver`,
        );
        return { lastAt: row?.last ?? null, lastFailedAt: row?.failed ?? null };
      }),
  };
}

function ifLocked(error: unknown): false {
  if (error instanceof Error && error.message.includes(lockedCode)) return false;
  throw error;
}

function backupsOf(backups: BackupPlan | null): BackupPlan {
  if (backups !== null) return backups;
  throw new AlwaysOnError('AON_DATABASE', 'This environment is older than backups, and has none.');
}

function findWriter(runtime: DatabaseRuntime): MemberPlan | null {
  const { writer } = runtime.record.value;
  const seen = observeDatabase(runtime).members[writer ?? ''];
  return writer !== null && seen !== undefined && isWritable(seen) ? memberOf(runtime.plan, writer) : null;
}

function requireWriter(runtime: DatabaseRuntime): MemberPlan {
  const found = findWriter(runtime);
  if (found !== null) return found;
  throw new AlwaysOnError('AON_DATABASE', 'No server takes writes now.');
}

/** The last standby there is, in the other region if possible: nobody waits for it. */
function findQuietMember(runtime: DatabaseRuntime): MemberPlan {
  const { members } = observeDatabase(runtime);
  const { sync } = runtime.record.value;
  const able = runtime.plan.members.filter(({ id }) => {
    const seen = members[id];
    return id !== sync && seen !== undefined && isStandby(seen) && seen.host === 'connected';
  });
  const writer = requireWriter(runtime);
  return able.findLast(({ region }) => region !== writer.region) ?? able.at(-1) ?? writer;
}
