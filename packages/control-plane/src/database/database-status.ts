import type { DatabaseObservation, MemberObservation } from '@alwayson/core/database/database-observation.ts';
import { isDetached, isDown, isStandby, isWritable } from '@alwayson/core/database/member-evidence.ts';
import { summarizeLag } from '@alwayson/core/database/replication-lag.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { MemberPlan } from './database-plan.ts';
import type { DatabaseRuntime } from './database-runtime.ts';

type DatabaseStatus = Status['database'];
type MemberStatus = DatabaseStatus['members'][number];
type Judgement = Pick<MemberStatus, 'state' | 'reason'>;

/** What people see of the database. `waiting`: why the writer is not fully usable yet beside its own state, if it is so. */
export function toDatabaseStatus(
  runtime: DatabaseRuntime,
  observation: DatabaseObservation,
  waiting: string | null,
): DatabaseStatus {
  const { term, writer } = runtime.record.value;
  return {
    writer,
    term,
    members: runtime.plan.members.map((plan) => toMemberStatus(plan, runtime, { observation, waiting })),
  };
}

function toMemberStatus(
  { id, region, zone }: MemberPlan,
  runtime: DatabaseRuntime,
  { observation, waiting }: { observation: DatabaseObservation; waiting: string | null },
): MemberStatus {
  const { writer, sync } = runtime.record.value;
  const member = observation.members[id];
  if (member === undefined) throw new Error(`The member ${id} is not observed.`);
  const judgement = id === writer ? judgeWriter(member, runtime, waiting) : judgeStandby(member);
  const replica = observation.members[writer ?? '']?.answer?.replicas[id];
  return {
    id,
    region,
    zone,
    role: member.answer === null ? 'unknown' : member.answer.inRecovery ? 'standby' : 'primary',
    sync: sync === id,
    lagBytes: id === writer && isWritable(member) ? 0 : (replica?.lagBytes ?? null),
    ...(id === writer ? {} : toLag(runtime, id)),
    ...judgement,
  };
}

/** While the writer does not answer it goes on from what was seen last. */
function toLag({ lags }: DatabaseRuntime, id: string): Pick<MemberStatus, 'lag'> {
  const history = lags.get(id);
  if (history === undefined) return {};
  const { ms, p50Ms, p99Ms } = summarizeLag(history);
  return { lag: { ms: Math.round(ms), p50Ms: Math.round(p50Ms), p99Ms: Math.round(p99Ms) } };
}

function judgeWriter(member: MemberObservation, runtime: DatabaseRuntime, waiting: string | null): Judgement {
  const { value } = runtime.record;
  if (isStandby(member)) return { state: 'unhealthy', reason: 'being promoted' };
  if (!isWritable(member)) return describeAbsence(member, value.initialised);
  if (!value.initialised) return { state: 'degraded', reason: 'being initialised' };
  if (runtime.plan.policy.copy !== 'none' && value.sync === null) {
    const refuses = runtime.plan.policy.copy === 'refuse';
    return {
      state: refuses ? 'unhealthy' : 'degraded',
      reason: refuses ? 'writes are refused until a second copy is there' : 'writes have one copy only',
    };
  }
  return waiting === null ? { state: 'healthy' } : { state: 'degraded', reason: waiting };
}

function judgeStandby(member: MemberObservation): Judgement {
  if (isWritable(member)) return { state: 'unhealthy', reason: 'a former writer, being stopped' };
  if (!isStandby(member)) return describeAbsence(member, true);
  if (isDetached(member) || !member.link.attached)
    return { state: 'degraded', reason: 'not following the writer' };
  return { state: 'healthy' };
}

function describeAbsence(member: MemberObservation, isInitialised: boolean): Judgement {
  const { kind } = member.data;
  if (isDown(member) && isInitialised && (kind === 'absent' || kind === 'broken')) {
    return { state: 'unhealthy', reason: `its data folder is ${kind}` };
  }
  if (isDown(member)) return { state: 'unhealthy', reason: `its process is ${member.process ?? 'gone'}` };
  if (member.sql === 'silent') return { state: 'unhealthy', reason: 'it does not answer' };
  if (member.sql === 'unknown') return { state: 'unknown', reason: 'not asked yet' };
  return { state: 'unhealthy', reason: 'it is starting' };
}
