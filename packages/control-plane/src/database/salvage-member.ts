import { parseCommits, findFork, renderSalvage } from '@alwayson/engines/postgres/salvage.ts';
import type { DatabaseRuntime } from './database-runtime.ts';
import { readHistory } from './read-history.ts';
import { runTask } from './run-task.ts';

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
  const fork = findFork((await readHistory(runtime, writer)).text, timeline);
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
