import type {
  DatabaseObservation,
  MemberAnswer,
  MemberObservation,
} from '@alwayson/core/database/database-observation.ts';
import { noteLag } from '@alwayson/core/database/replication-lag.ts';
import type { ServerAnswer } from '@alwayson/engines/postgres/probe-server.ts';
import type { UnitState } from '@alwayson/protocol/units.ts';
import type { DatabasePlan, MemberPlan } from './database-plan.ts';
import { type DatabaseRuntime, memoryOf } from './database-runtime.ts';

const running: readonly (UnitState | null)[] = ['starting', 'ready', 'failing', 'stopping'];

/** How old an answer may become before it is asked for again. */
export interface ProbeAges {
  writer: number;
  other: number;
}

/** Asks every member that may have an answer, in the background; members known to be down are not asked. */
export function pollMembers(runtime: DatabaseRuntime, agesMs: ProbeAges): void {
  const { writer } = runtime.record.value;
  for (const member of runtime.plan.members) {
    const watch = runtime.watches.get(member.id);
    const { host, process } = readHost(runtime, member);
    if (host === 'connected' && !running.includes(process)) watch?.forget();
    else watch?.poll(member.id === writer ? agesMs.writer : agesMs.other);
    if (running.includes(process)) memoryOf(runtime, member.id).data = { kind: 'unknown' };
  }
}

/** Takes what the writer said last into account; to be called after every probe of it. */
export function noteWriterAnswer(runtime: DatabaseRuntime, id: string): void {
  const { writer, term } = runtime.record.value;
  const answer = runtime.watches.get(id)?.view().answer ?? null;
  if (id !== writer || answer === null || answer.inRecovery) return;
  runtime.seenTerm = term;
  runtime.target = writer;
  const others = runtime.plan.members.map((member) => member.id).filter((other) => other !== writer);
  const seen = toMemberAnswer(answer, runtime.plan);
  runtime.lastReplicas = seen.replicas;
  runtime.links.note(term, seen, others);
  for (const other of others) {
    noteMemberLag(runtime, other, seen);
    if (runtime.links.link(term, other).attached) memoryOf(runtime, other).tries = { starts: 0, rejoins: 0 };
  }
}

function noteMemberLag({ links, lags, record }: DatabaseRuntime, id: string, writer: MemberAnswer): void {
  const { lagBytes = null, confirmMs = null } = writer.replicas[id] ?? {};
  const isAttached = links.link(record.value.term, id).attached;
  const look = { at: performance.now(), isAttached, bytes: lagBytes, confirmMs };
  const history = noteLag(lags.get(id), look);
  if (history !== undefined) lags.set(id, history);
}

export function observeDatabase(runtime: DatabaseRuntime): DatabaseObservation {
  const { authority, plan, record, since, seenTerm, proven } = runtime;
  return {
    watchedForMs: performance.now() - since,
    writerSeen: seenTerm === record.value.term,
    provenSync: proven?.version === record.version ? proven.standby : null,
    authority: authority.read(),
    members: Object.fromEntries(plan.members.map((member) => [member.id, observeMember(runtime, member)])),
  };
}

function observeMember(runtime: DatabaseRuntime, member: MemberPlan): MemberObservation {
  const view = runtime.watches.get(member.id)?.view();
  const { data, tries } = memoryOf(runtime, member.id);
  const answer = view?.answer ?? null;
  return {
    ...readHost(runtime, member),
    sql: view?.sql ?? 'unknown',
    silences: view?.silences ?? 0,
    sinceAnswerMs: view?.sinceAnswerMs ?? 0,
    answer: answer === null ? null : toMemberAnswer(answer, runtime.plan),
    data,
    link: runtime.links.link(runtime.record.value.term, member.id),
    tries: { ...tries },
  };
}

function readHost(
  { context }: DatabaseRuntime,
  member: MemberPlan,
): Pick<MemberObservation, 'host' | 'process'> {
  const { contact, host } = context.placement.observe(member.zone);
  const unit = host?.units.find(({ id }) => id === member.id);
  return { host: contact, process: unit?.state ?? null };
}

function toMemberAnswer(answer: ServerAnswer, plan: DatabasePlan): MemberAnswer {
  const { streamsFrom, replicas, ...rest } = answer;
  return {
    ...rest,
    streamsFrom: plan.members.find(({ address }) => address === streamsFrom)?.id ?? null,
    replicas: Object.fromEntries(replicas.map(({ name, ...replica }) => [name, replica])),
  };
}
