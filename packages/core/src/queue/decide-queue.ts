import type { QueuePolicy, QueueProcessFacts, QueueServerFacts } from './queue-facts.ts';
import type { QueueRecord } from './queue-record.ts';

/** One step of the world towards the record. They run in order; the first that fails ends the tick. */
export type QueueAction =
  | { type: 'commit'; record: QueueRecord; event: QueueEvent }
  /** Killed, a process is started again by its host, fenced. */
  | { type: 'start' | 'kill'; zone: string }
  /** Makes that process the one that accepts writes. */
  | { type: 'unfence'; zone: string; term: number; copies: 1 | 2 }
  | { type: 'follow'; zone: string; primary: string }
  | { type: 'setCopies'; zone: string; copies: 1 | 2 }
  /** Asks for two copies, then waits until the replica has everything written before; commits only then. */
  | { type: 'confirmCopy'; zone: string; record: QueueRecord; event: QueueEvent };

export type QueueEvent = 'chosen' | 'restarted' | 'promoted' | 'copy-lost' | 'copy-confirmed';

export interface QueueDecision {
  actions: QueueAction[];
  state: 'healthy' | 'degraded' | 'unhealthy';
  reason?: string;
}

interface QueueView {
  record: QueueRecord;
  primary: QueueServerFacts;
  other: QueueServerFacts;
  policy: QueuePolicy;
  now: number;
}

/**
 * Which server of a region's pair accepts writes, and how many copies a write needs. A process starts fenced, so a
 * process that is gone needs no other fence. A promotion takes the copy that confirmed every acknowledged write; and a
 * primary that cannot be reached to be stopped cannot acknowledge anything without that copy.
 */
export function decideQueue(
  record: QueueRecord,
  servers: readonly [QueueServerFacts, QueueServerFacts],
  { policy, now }: { policy: QueuePolicy; now: number },
): QueueDecision {
  if (record.term === 0) return decideFirst(record, servers, { policy, now });
  const [one, two] = servers;
  const view: QueueView =
    two.zone === record.primary
      ? { record, primary: two, other: one, policy, now }
      : { record, primary: one, other: two, policy, now };
  const decision = isServing(view) ? decideServing(view) : decideNotServing(view);
  // Last, because a host that fails to start a process must not keep the rest from being done.
  return { ...decision, actions: [...decision.actions, ...reviveOther(view)] };
}

/** No record yet: the server that has seen the highest term, so that a lost record does not lose data. */
function decideFirst(
  record: QueueRecord,
  servers: readonly QueueServerFacts[],
  { policy, now }: { policy: QueuePolicy; now: number },
): QueueDecision {
  const patient = servers.every((server) => usable(server) || now - server.since >= policy.patienceMs);
  const best = servers.filter(usable).toSorted(byClaim)[0];
  if (!patient || best === undefined || !usable(best)) {
    const stopped = servers.filter(({ unit }) => unit === 'stopped');
    const actions = stopped.map(({ zone }): QueueAction => ({ type: 'start', zone }));
    return waiting('waiting for both servers to start', actions);
  }
  const { term, run } = best.process;
  const next = { ...record, term: term + 1, primary: best.zone, primaryRun: run };
  const actions: QueueAction[] = [{ type: 'commit', record: next, event: 'chosen' }, toUnfence(next, policy)];
  return waiting(`${best.zone} is about to serve`, actions);
}

function decideServing(view: QueueView): QueueDecision {
  const { record, primary, other, policy } = view;
  const copy = other.process;
  const mustFollow =
    copy !== null && !copy.loading && !isUnfencedPrimary(copy) && copy.follows !== primary.zone;
  const lost = isCopyLost(view);
  const mustGiveUp =
    policy.copies === 1 ||
    primary.process?.copies !== 2 ||
    mustFollow ||
    (lost && policy.whenCopyLost === 'degrade');

  const actions: QueueAction[] = [];
  const inSync = record.inSync && !mustGiveUp;
  // Committed before anything counts on one copy, and before the copy's data may be replaced.
  if (record.inSync && !inSync) {
    actions.push({
      type: 'commit',
      record: { ...record, inSync: false, replicaRun: null },
      event: 'copy-lost',
    });
  }
  if (!inSync) actions.push(...decideCopies(view));
  if (mustFollow) actions.push({ type: 'follow', zone: other.zone, primary: primary.zone });

  if (policy.copies === 1 || (inSync && !lost)) return { actions, state: 'healthy' };
  const effect = policy.whenCopyLost === 'degrade' ? 'writes are kept in one copy' : 'writes are refused';
  return {
    actions,
    state: policy.whenCopyLost === 'degrade' ? 'degraded' : 'unhealthy',
    reason: `${other.zone} has no full copy yet: ${effect}`,
  };
}

function isCopyLost({ record, primary, other, policy, now }: QueueView): boolean {
  const frozen = other.contact === 'silent' && now - other.since >= policy.silentMs;
  const replaced = other.process !== null && other.process.run !== record.replicaRun;
  return !primary.process?.confirming || other.contact === 'refused' || frozen || replaced;
}

/** Not in sync: confirm the copy when it has everything in its own file, else ask for what can be had. */
function decideCopies({ record, primary, other, policy }: QueueView): QueueAction[] {
  const copy = other.process;
  const attached =
    primary.process?.confirming && copy?.role === 'replica' && copy.follows === primary.zone && copy.linked;
  if (policy.copies === 2 && attached && copy.settled && !copy.loading) {
    const next = { ...record, inSync: true, replicaRun: copy.run };
    return [{ type: 'confirmCopy', zone: primary.zone, record: next, event: 'copy-confirmed' }];
  }
  const copies = copiesAlone(policy);
  return primary.process?.copies === copies ? [] : [{ type: 'setCopies', zone: primary.zone, copies }];
}

function decideNotServing(view: QueueView): QueueDecision {
  const { record, primary, other, policy, now } = view;
  const found = primary.process;
  if (found !== null && found.run === record.primaryRun) {
    if (found.loading) return waiting(`${primary.zone} is loading its data`);
    return waiting(`${primary.zone} is about to serve`, [toUnfence(record, policy)]);
  }
  if (found !== null && isUnfencedPrimary(found)) {
    return waiting(`${primary.zone} runs without a fence`, [{ type: 'kill', zone: primary.zone }]);
  }
  const silentFor = primary.contact === 'silent' ? now - primary.since : 0;
  if (primary.contact === 'silent' && silentFor < policy.silentMs) {
    return { actions: [], state: 'degraded', reason: `${primary.zone} answers late` };
  }
  if (isSuccessor(view)) {
    if (isFenced(view, silentFor)) return promote(view);
    const frozen = primary.unit === 'running';
    return waiting(`${primary.zone} does not answer`, frozen ? [{ type: 'kill', zone: primary.zone }] : []);
  }
  if (found !== null && !found.loading && mayGoOn(view, found)) return goOn(view, found);
  if (primary.unit === 'stopped') {
    return waiting(`${primary.zone} is stopped`, [{ type: 'start', zone: primary.zone }]);
  }
  if (silentFor >= policy.frozenMs && primary.unit === 'running') {
    return waiting(`${primary.zone} is frozen`, [{ type: 'kill', zone: primary.zone }]);
  }
  return waiting(`${primary.zone} holds acknowledged writes that ${other.zone} may lack: waiting for it`);
}

/** True when the other server has every acknowledged write and may take over now. */
function isSuccessor({ record, primary, other, policy, now }: QueueView): boolean {
  const copy = other.process;
  if (!record.inSync || copy === null || copy.loading || copy.syncing) return false;
  if (copy.run === record.replicaRun && copy.role === 'replica') return true;
  // It was restarted: its file has everything unless its machine crashed, so the primary is preferred for a while.
  if (copy.term !== record.term) return false;
  const wiped = primary.process !== null && !primary.process.loading && primary.process.term !== record.term;
  return wiped || (primary.process === null && now - primary.since >= policy.patienceMs);
}

/** The old primary is out: it is gone, or another process runs in its place. */
function isFenced({ primary, policy }: QueueView, silentFor: number): boolean {
  if (primary.contact !== 'silent' || primary.unit === 'stopped' || primary.unit === 'down') return true;
  // Its host is silent too. It asks for two copies and the second one leaves it: it can acknowledge nothing.
  return primary.unit === 'unknown' && silentFor >= policy.patienceMs;
}

/** A restarted primary serves again when it still has its data, or when nobody has any. */
function mayGoOn({ record, other, policy, now }: QueueView, found: QueueProcessFacts): boolean {
  if (!record.inSync) return true;
  // The copy may be safer, if it only answers late.
  if (other.contact === 'silent' && now - other.since < policy.silentMs) return false;
  if (found.term === record.term) return true;
  return other.process !== null && !other.process.loading && other.process.term <= found.term;
}

function promote({ record, other, policy }: QueueView): QueueDecision {
  const run = other.process?.run ?? null;
  const next = {
    term: record.term + 1,
    primary: other.zone,
    primaryRun: run,
    replicaRun: null,
    inSync: false,
  };
  const actions: QueueAction[] = [
    { type: 'commit', record: next, event: 'promoted' },
    toUnfence(next, policy),
  ];
  return waiting(`${other.zone} takes over`, actions);
}

function goOn({ record, primary, policy }: QueueView, found: QueueProcessFacts): QueueDecision {
  const next = { ...record, primaryRun: found.run, replicaRun: null, inSync: false };
  const actions: QueueAction[] = [
    { type: 'commit', record: next, event: 'restarted' },
    toUnfence(next, policy),
  ];
  return waiting(`${primary.zone} was restarted`, actions);
}

/** Starts it when it was stopped; kills it when it is frozen, or accepts writes though the record names another. */
function reviveOther({ other, policy, now }: QueueView): QueueAction[] {
  const { zone, unit, process } = other;
  if (unit === 'stopped') return [{ type: 'start', zone }];
  const frozen = other.contact === 'silent' && now - other.since >= policy.frozenMs && unit === 'running';
  const impostor = process !== null && isUnfencedPrimary(process);
  return frozen || impostor ? [{ type: 'kill', zone }] : [];
}

function isServing({ record, primary }: QueueView): boolean {
  const found = primary.process;
  return found !== null && !found.loading && found.run === record.primaryRun && isUnfencedPrimary(found);
}

function isUnfencedPrimary(process: QueueProcessFacts): boolean {
  return process.role === 'primary' && !process.fenced;
}

function usable(server: QueueServerFacts): server is QueueServerFacts & { process: QueueProcessFacts } {
  return server.process !== null && !server.process.loading;
}

type Usable = QueueServerFacts & { process: QueueProcessFacts };

function byClaim(a: Usable, b: Usable): number {
  const serving = Number(isUnfencedPrimary(b.process)) - Number(isUnfencedPrimary(a.process));
  return serving || b.process.term - a.process.term;
}

function copiesAlone(policy: QueuePolicy): 1 | 2 {
  return policy.copies === 2 && policy.whenCopyLost === 'refuse' ? 2 : 1;
}

function toUnfence(record: QueueRecord, policy: QueuePolicy): QueueAction {
  const copies = record.inSync ? 2 : copiesAlone(policy);
  return { type: 'unfence', zone: record.primary, term: record.term, copies };
}

function waiting(reason: string, actions: QueueAction[] = []): QueueDecision {
  return { actions, state: 'unhealthy', reason };
}
