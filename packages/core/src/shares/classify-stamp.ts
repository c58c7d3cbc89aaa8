import type { GatewayServer } from '@alwayson/protocol/routes.ts';
import type { HealthCheck } from '@alwayson/protocol/stamp-health.ts';
import { type GatewayView, isFresh, type StampEvidence, type StampProbe } from './share-evidence.ts';
import type { ClassReason, LevelRun, StampLatch } from './share-memory.ts';

/** What one look at a stamp says, before any debouncing. */
export interface StampReading {
  /** Of the last question to its agent; 0 before the first. */
  observedAt: number;
  /** An operator's word, in force at once. */
  operator: ClassReason | null;
  /** It was reached within the life of evidence, whatever it said. */
  isReached: boolean;
  /** It told how it is. */
  isHeard: boolean;
  own: ClassReason[];
  /** Trouble with what others use too. */
  shared: ClassReason[];
}

export interface ReadingContext {
  hardDependencies: readonly string[];
  /** Traffic or probes from outside agree that something is wrong with it. */
  isDoubted: boolean;
  now: number;
}

/** Hard evidence is believed after 2 looks, a symptom after 3; better news after 2. */
const fallLooks = { degraded: 3, soft: 3, hard: 2 } as const;
const riseLooks = 2;
/** A look is what is seen this long after the last one: how often a stamp is asked makes nobody believe sooner. */
const lookEveryMs = 1700;
const probeFailuresMin = 3;

export function readStamp(evidence: StampEvidence, context: ReadingContext): StampReading {
  const { now } = context;
  const contact = evidence.contact !== null && isFresh(evidence.contact.at, now) ? evidence.contact : null;
  const views = evidence.gateways.filter((view) => isFresh(view.at, now) && view.servers.length > 0);
  const told = contact?.kind === 'answered' && contact.health !== null ? contact.health.checks : [];
  return {
    observedAt: evidence.contact?.at ?? 0,
    operator: toOperatorReason(evidence),
    isReached: (contact !== null && contact.kind !== 'silent') || views.length > 0,
    isHeard: contact?.kind === 'answered',
    own: [
      ...readProcess(evidence),
      ...readContact(evidence, contact, views),
      ...told.filter(isOwn).flatMap(({ component, status, reason }) =>
        // Unhealthy ones have made the answer a 503 already.
        status === 'degraded'
          ? toReason('degraded', `check:${component}`, reason ?? `${component} is degraded`)
          : [],
      ),
      ...readVerdict(evidence, context),
    ],
    shared: readSharedReasons(evidence, context),
  };
}

/** Trouble with what others use too: dependencies as the stamp sees them, and flows as they look from outside. */
export function readSharedReasons(
  { contact, probes }: StampEvidence,
  { hardDependencies, now }: Pick<ReadingContext, 'hardDependencies' | 'now'>,
): ClassReason[] {
  const isTold = contact?.kind === 'answered' && isFresh(contact.at, now);
  const checks = isTold ? (contact.health?.checks ?? []) : [];
  return [
    ...checks.filter((check) => !isOwn(check)).flatMap((check) => readDependency(check, hardDependencies)),
    ...readProbes(probes, now),
  ];
}

function toReason(level: ClassReason['level'], key: string, text: string): ClassReason[] {
  return [{ level, key, text }];
}

function toOperatorReason({ operator }: StampEvidence): ClassReason | null {
  if (operator === null) return null;
  return { level: 'off', key: 'operator', text: `${operator.state}: ${operator.reason}` };
}

function readProcess({ process }: StampEvidence): ClassReason[] {
  return process === 'gone' ? toReason('hard', 'process', 'its process is gone') : [];
}

function readContact(
  { contact: last }: StampEvidence,
  contact: StampEvidence['contact'],
  views: readonly GatewayView[],
): ClassReason[] {
  const isDown = views.length > 0 && views.every(({ servers }) => servers.some(isServerDown));
  const isCut = isDown && views.every(({ servers }) => servers.every(isServerCut));
  const gateways = isDown
    ? toReason(isCut ? 'hard' : 'soft', 'gateway', `no gateway can use it: ${toCheckStatus(views)}`)
    : [];
  if (contact?.kind === 'refused' || contact?.kind === 'reset') {
    return [...toReason('hard', 'contact', `its agent's connection was ${contact.kind}`), ...gateways];
  }
  if (contact?.kind === 'answered') {
    const { status } = contact;
    return status === 200 ? gateways : [...toReason('soft', 'self', `it answers ${status}`), ...gateways];
  }
  const silent = last === null ? 'it was not asked yet' : 'it does not answer';
  // Who serves its gateways is only out of our sight: that may cap its state, and never evicts it.
  if (views.length > 0 && !isDown)
    return toReason('degraded', 'unseen', `${silent}, and its gateways use it`);
  return isDown ? [...toReason('hard', 'contact', silent), ...gateways] : toReason('soft', 'contact', silent);
}

function readVerdict({ verdict }: StampEvidence, { isDoubted }: ReadingContext): ClassReason[] {
  if (verdict === null || verdict.state === 'healthy' || verdict.state === 'unknown') return [];
  const isBad = verdict.state === 'unhealthy' && isDoubted;
  return toReason(isBad ? 'soft' : 'degraded', 'model', `health model: ${verdict.reason}`);
}

function isOwn({ scope }: HealthCheck): boolean {
  return scope === 'instance' || scope === 'stamp';
}

/** A dependency that the stamp cannot do without makes it bad; any other at most degrades it (health.md 3.2, rule 5). */
function readDependency(check: HealthCheck, hardDependencies: readonly string[]): ClassReason[] {
  const { component, status, reason } = check;
  if (status === 'healthy' || status === 'unknown') return [];
  const isHard = hardDependencies.includes(component);
  const text = `${component}: ${reason ?? status}`;
  if (isHard && status === 'unhealthy') return toReason('soft', `dependency:${component}`, text);
  return isHard || status === 'unhealthy' ? toReason('degraded', `strain:${component}`, text) : [];
}

/** A flow fails for a stamp when everybody who asks from outside says so: one of them alone may have lost its own way. */
function readProbes(probes: readonly StampProbe[], now: number): ClassReason[] {
  const fresh = Map.groupBy(
    probes.filter(({ at }) => isFresh(at, now)),
    ({ flow }) => flow,
  );
  return [...fresh]
    .filter(([, seen]) => seen.every(({ ok, streak }) => !ok && streak >= probeFailuresMin))
    .flatMap(([flow]) => toReason('soft', `flow:${flow}`, `${flow}: probes from outside fail`));
}

function isServerDown({ state }: GatewayServer): boolean {
  return state === 'down';
}

/** Nothing listens there, or what listens is frozen; any other failed check got an answer. */
function isServerCut(server: GatewayServer): boolean {
  return isServerDown(server) && /^(\* )?(L4CON|L4TOUT|L7TOUT)/.test(server.checkStatus);
}

function toCheckStatus(views: readonly GatewayView[]): string {
  const seen = views.flatMap(({ servers }) => servers.filter(isServerDown));
  return [...new Set(seen.map(({ checkStatus }) => checkStatus))].join(', ');
}

export function createLatch(): StampLatch {
  const run: LevelRun = { bad: 0, better: 0, active: false };
  return { observedAt: 0, degraded: run, soft: run, hard: run, reasons: [] };
}

/**
 * Debounces a stamp's own evidence. Two sources that say at once that it is gone (its process and its port, say) are two looks: one
 * accident does not explain both.
 */
export function decideLatch(before: StampLatch, reading: StampReading): StampLatch {
  if (reading.observedAt < before.observedAt + lookEveryMs) return before;
  const has = (levels: readonly string[]) => reading.own.filter(({ level }) => levels.includes(level)).length;
  const hard = has(['hard']);
  const next = {
    hard: count(before.hard, hard, fallLooks.hard),
    soft: count(before.soft, Math.min(1, has(['hard', 'soft'])), fallLooks.soft),
    degraded: count(before.degraded, Math.min(1, reading.own.length), fallLooks.degraded),
  };
  const isHeld = next.hard.active || next.soft.active || next.degraded.active;
  const reasons = reading.own.length > 0 ? reading.own : isHeld ? before.reasons : [];
  return { observedAt: reading.observedAt, ...next, reasons };
}

function count(run: LevelRun, found: number, fall: number): LevelRun {
  if (found === 0) {
    const better = Math.min(run.better + 1, riseLooks);
    return { bad: 0, better, active: run.active && better < riseLooks };
  }
  const bad = Math.min(run.bad + found, fall);
  return { bad, better: 0, active: run.active || bad >= fall };
}

/** What a stamp's own evidence comes to: the reasons that are beyond doubt, at the level that is. */
export function toOwnReasons(latch: StampLatch): ClassReason[] {
  const level = latch.hard.active
    ? 'hard'
    : latch.soft.active
      ? 'soft'
      : latch.degraded.active
        ? 'degraded'
        : null;
  if (level === null) return [];
  const [first] = latch.reasons.toSorted((a, b) => rank[b.level] - rank[a.level]);
  return [{ level, key: first?.key ?? 'self', text: first?.text ?? 'held' }];
}

const rank = { degraded: 0, soft: 1, hard: 2, off: 3 } as const;
