import { parseCommits, findFork, renderSalvage } from '@alwayson/engines/postgres/salvage.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';
import { runTask } from './run-task.ts';

const historyBytesMax = 1_000_000;

/**
 * Keeps what only a former writer has, before it is undone: the end of its log, beside its data folder, and how many transactions were
 * committed there and nowhere else. Nothing is ever applied by itself: a person decides what to do with it.
 */
export async function salvageMember(
  runtime: DatabaseRuntime,
  member: string,
  { timeline, writer }: { timeline: number; writer: string },
): Promise<void> {
  const { context, plan, record } = runtime;
  const fork = findFork(await readHistory(runtime, writer), timeline);
  if (fork === null) return;
  const name = `term-${record.value.term}`;
  const commits = parseCommits(await runTask(runtime, member, renderSalvage(plan.binDir, fork, name)));
  if (commits === 0) return;
  const message = `${member} had committed ${commits} transactions that ${writer} never received; its log from ${fork.lsn} of timeline ${fork.timeline} is kept in salvage/${name}.`;
  const data = { commits, timeline: fork.timeline, lsn: fork.lsn, folder: `salvage/${name}` };
  context.journal.event({
    severity: 'warning',
    type: 'recovery.salvaged',
    entity: member,
    message,
    data,
  });
}

/** All timelines that a server has left, and where. */
async function readHistory(runtime: DatabaseRuntime, writer: string): Promise<string> {
  return withSql(administratorTarget(runtime, writer), async (client) => {
    const [row] = await client.query<{ text: string | null }>(
      `SELECT pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history', 0, ${historyBytesMax}, true) AS text`,
    );
    return row?.text ?? '';
  });
}
