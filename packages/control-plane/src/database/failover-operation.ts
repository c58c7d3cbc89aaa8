import type { DatabaseRecord } from '@alwayson/core/database/database-record.ts';
import { isStandby } from '@alwayson/core/database/member-evidence.ts';
import { promoteServer, reconcileSlots } from '@alwayson/engines/postgres/administer-server.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { connectSql, type SqlClient } from '@alwayson/engines/postgres/sql-client.ts';
import { toSlotName } from '@alwayson/core/database/replication-slot.ts';
import { awaitDoors } from './await-doors.ts';
import type { MemberPlan } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime, type FailoverOperation } from './database-runtime.ts';
import { fenceMember } from './fence-member.ts';
import { observeDatabase } from './observe-database.ts';

const promoteDeadlineMs = 15_000;
/** What a member said before says nothing about what it is now. */
const freshMs = 2000;
const steps = ['commit', 'fence', 'promote', 'route'] as const;

/** Journals the failover, then commits it: from here on there is only forward. Returns the operation's handle. */
export function beginFailover(
  runtime: DatabaseRuntime,
  next: DatabaseRecord,
  commit: () => void,
): FailoverOperation {
  const { context, record, watches } = runtime;
  const old = record.value.writer ?? 'nobody';
  const decidedAt = performance.now();
  const lastAnswerAt = decidedAt - (watches.get(old)?.view().sinceAnswerMs ?? 0);
  const verb = next.epoch === record.value.epoch ? 'Fail the database over' : "Move the database's writer";
  const title = `${verb} from ${old} to ${next.writer}`;
  runtime.failover?.handle.fail(new AlwaysOnError('AON_DATABASE', 'Its server was lost, too.'));
  const handle = context.journal.begin({ kind: 'database-failover', title, steps });
  let failure: unknown;
  // The step runs at once: what the controller does next builds on the commit.
  void handle
    .step('commit', async () => {
      try {
        commit();
      } catch (error) {
        failure = error;
        throw error;
      }
    })
    .catch((error: unknown) => handle.fail(error));
  if (failure !== undefined) throw failure;
  return { term: next.term, handle, lastAnswerAt, decidedAt };
}

/**
 * Makes the record's writer writable, once the writer before is proven down. What does not need that proof is done meanwhile: it is
 * reached, and has slots for the others, who come at once. Continues a failover that an earlier life of the control plane committed.
 */
export async function promoteWriter(
  runtime: DatabaseRuntime,
  member: string,
  previous: string | null,
): Promise<void> {
  const { context, specs } = runtime;
  runtime.failover ??= continueFailover(runtime, member);
  const failover = runtime.failover;
  const { handle } = failover;
  const prepared = prepareCandidate(runtime, member);
  // Whether it could is asked when the fence is up.
  prepared.catch(() => {});
  try {
    if (previous !== null)
      await handle.step('fence', async () => {
        await Promise.all(
          listFormerWriters(runtime, member, previous).map((former) =>
            fenceMember(context.placement, former),
          ),
        );
      });
    await handle.step('promote', async () => {
      const client = await prepared;
      await specs.settle(member);
      // The doors' way to it is as long as the promotion; who comes too early is refused, as at the dead one, and comes again.
      runtime.target = member;
      runtime.watches.get(member)?.poll(0);
      await promoteServer(client, promoteDeadlineMs);
    });
  } finally {
    void prepared.then((client) => client.close()).catch(() => {});
  }
  runtime.failover = null;
  const writableAt = performance.now();
  // The doors follow once the watch has seen it; the operation waits for what they say themselves.
  runtime.watches.get(member)?.poll(0);
  const unconfirmedDoors = await handle.step('route', () => awaitDoors(runtime, member));
  handle.succeed({
    writer: member,
    previous,
    term: failover.term,
    decisionToWritableMs: Math.round(writableAt - failover.decidedAt),
    // From the last time that the old writer was seen to answer, so at most.
    writeGapMs: Math.round(performance.now() - failover.lastAnswerAt),
    unconfirmedDoors,
  });
}

/** Returns a connection to it. */
async function prepareCandidate(runtime: DatabaseRuntime, member: string): Promise<SqlClient> {
  const client = await connectSql(administratorTarget(runtime, member));
  try {
    const others = runtime.plan.members.map(({ id }) => id).filter((id) => id !== member);
    await reconcileSlots(client, others.map(toSlotName));
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * Everybody who might still write: the writer of the term before, and, at the beginning of an epoch, everybody who is not seen to be a
 * standby: of two changes close to each other the first may not have come to its fence.
 */
function listFormerWriters(runtime: DatabaseRuntime, member: string, previous: string): MemberPlan[] {
  const { plan, authority } = runtime;
  const { members } = observeDatabase(runtime);
  const isMove = authority.read().phase === 'opening';
  return plan.members.filter(({ id }) => {
    if (id === member) return false;
    const seen = members[id];
    const isHarmless = seen !== undefined && isStandby(seen) && seen.sinceAnswerMs < freshMs;
    return id === previous || (isMove && !isHarmless);
  });
}

function continueFailover({ context, record }: DatabaseRuntime, member: string): FailoverOperation {
  const at = performance.now();
  const title = `Make ${member} the database's writer`;
  const handle = context.journal.begin({ kind: 'database-failover', title, steps: steps.slice(1) });
  return { term: record.value.term, handle, lastAnswerAt: at, decidedAt: at };
}
