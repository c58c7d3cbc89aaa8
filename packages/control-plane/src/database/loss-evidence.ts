import type { SurvivorFacts } from '@alwayson/core/recovery/check-emergency.ts';
import type { RegionLossFacts } from '@alwayson/core/recovery/decide-region-loss.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { administratorTarget, type DatabaseRuntime } from './database-runtime.ts';
import { observeDatabase } from './observe-database.ts';

const askTimeoutMs = 2000;

interface Row {
  received: string | null;
  bytes: string | number;
  committedAt: string | number | null;
}

/**
 * What the servers of a region hold, now that the writer is gone: how far each received, and from when its last commit is. One that does not
 * answer is left out.
 */
export async function askSurvivors(runtime: DatabaseRuntime, region: string): Promise<SurvivorFacts[]> {
  const { members } = observeDatabase(runtime);
  const { writer } = runtime.record.value;
  const { lastReplicas } = runtime;
  const inside = runtime.plan.members.filter((member) => member.region === region && member.id !== writer);
  const answers = await Promise.all(
    inside.map(async ({ id }) => {
      const row = await ask(runtime, id).catch(() => null);
      if (row === null || row.received === null) return [];
      const sinceWriterMs = members[writer ?? '']?.sinceAnswerMs ?? null;
      return [
        {
          id,
          receivedBytes: Number(row.bytes),
          committedAt: row.committedAt === null ? null : Number(row.committedAt),
          lagBytes: lastReplicas[id]?.lagBytes ?? null,
          writerSeenAt: sinceWriterMs === null ? null : runtime.context.now() - sinceWriterMs,
        },
      ];
    }),
  );
  return answers.flat();
}

export function toRegionLoss(runtime: DatabaseRuntime): RegionLossFacts {
  const { plan, record, context } = runtime;
  const { members } = observeDatabase(runtime);
  const region = plan.members.find(({ id }) => id === record.value.writer)?.region;
  const inside = plan.members.filter((member) => member.region === region).map(({ id }) => id);
  const zones = context.environment.zones.filter((zone) => zone.region === region);
  return {
    hosts: zones.map(({ name }) => context.placement.observe(name).contact),
    servers: inside.map((id) => members[id]?.sql ?? 'unknown'),
    receivers: plan.members.flatMap(({ id }) => {
      const answer = inside.includes(id) ? null : (members[id]?.answer ?? null);
      return answer === null ? [] : [answer.streamsFrom !== null && inside.includes(answer.streamsFrom)];
    }),
  };
}

async function ask(runtime: DatabaseRuntime, member: string): Promise<Row | null> {
  const target = administratorTarget(runtime, member, askTimeoutMs);
  return withSql(target, async (client) => {
    const [row] = await client.query<Row>(
      `SELECT received::text, pg_wal_lsn_diff(received, '0/0')::float8 AS bytes,
         extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000 AS "committedAt"
       FROM (SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS received) AS here
       WHERE pg_is_in_recovery()`,
    );
    return row ?? null;
  });
}
