import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { GateCheck } from '@alwayson/protocol/releases.ts';
import type { WebhookAnswer } from './rollout-observation.ts';
import { isTaken, stepOf } from './rollout-moves.ts';
import { canUndo, type RolloutState } from './rollout-state.ts';

type ReleaseWebhook = Manifest['release']['gates']['webhooks'][number];
/** Events are told, all others are asked. */
export type AskedType = Exclude<ReleaseWebhook['type'], 'event'>;
export type DeclaredWebhook = Pick<ReleaseWebhook, 'name' | 'type' | 'timeoutMs'>;

export interface WebhookSaid {
  name: string;
  ok: boolean;
  /** What it answered, or why it did not. */
  text: string;
}

/** What is known of one webhook for the moment in which it was asked last. Plain JSON. */
interface AskedWebhook {
  type: AskedType;
  name: string;
  /** The phase and step it was asked for. */
  moment: string;
  askedAt: number;
  /** Null until it answered. */
  answer: { at: number; ok: boolean; text: string } | null;
  /** Answers in a row that were no. */
  failures: number;
}

/** One that is forgotten is asked again. */
export type WebhookMemory = readonly AskedWebhook[];

/** A question to some webhooks of one type, for one moment of the rollout. */
export interface WebhookQuestion {
  type: AskedType;
  moment: string;
  names: readonly string[];
}

export interface WebhookDecision {
  /** To be asked now; the memory says already that they were. */
  due: readonly WebhookQuestion[];
  memory: WebhookMemory;
  /** Whether confirmations and `pre-rollout` let it go on from where it is. */
  answer: WebhookAnswer;
  /** Why a `rollback` wants it undone. */
  rollbackAsked: string | null;
  /** What `pre-rollout` and `rollout` of this phase say: as long as it is neither yes nor often enough no, there is too little to judge. */
  checks: readonly GateCheck[];
  /** It has ended, and everybody who is to be asked after that was. */
  isOver: boolean;
}

/** Confirmations and rollbacks are asked again this long after an answer, and whatever said no. */
const againMs = 5000;
/** A `rollout` that said yes is asked again while the step is looked at. */
const stillWellMs = 10_000;
/** So many in a row of `pre-rollout` or `rollout` are a failed gate. */
const failuresMax = 3;
/** Beyond its own time: whoever asked is gone. */
const lostAfterMs = 5000;
const textMax = 300;
/** Types without whose yes it does not go on. */
const letting = ['confirm-rollout', 'pre-rollout', 'confirm-traffic-increase', 'confirm-promotion'] as const;

/** Who is to be asked now, and what the answers so far come to. The moments are Flagger's. */
export function decideWebhooks(
  declared: readonly DeclaredWebhook[],
  { state, memory }: { state: RolloutState; memory: WebhookMemory },
  now: number,
): WebhookDecision {
  const asked = declared.flatMap((webhook) => toAsked(webhook, { state, memory, now }));
  const due = asked.filter((one) => isDue(one, now));
  const kept = asked.flatMap((one) => {
    const entry = due.includes(one) ? noteAsked(one, now) : one.known;
    return entry === null ? [] : [entry];
  });
  const ofType = (...types: AskedType[]) => asked.filter(({ type }) => types.includes(type));
  return {
    due: groupByType(due),
    memory: kept,
    answer: toAnswer(ofType(...letting)),
    rollbackAsked: toRollback(ofType('rollback')),
    checks: ofType('pre-rollout', 'rollout').map(toCheck),
    isOver: state.end !== null && asked.every(({ known }) => known !== null && known.answer !== null),
  };
}

/** Notes what was answered to a question. An answer that comes when its moment is over counts for nothing. */
export function takeWebhookAnswers(
  memory: WebhookMemory,
  { question, answers }: { question: WebhookQuestion; answers: readonly WebhookSaid[] },
  now: number,
): WebhookMemory {
  return memory.map((entry) => {
    const own = answers.filter(({ name }) => name === entry.name);
    if (entry.type !== question.type || entry.moment !== question.moment || own.length === 0) return entry;
    // Of two with one name both have to say yes.
    const no = own.find(({ ok }) => !ok);
    const text = (no ?? own[0])?.text.slice(0, textMax) ?? '';
    const failures = no === undefined ? 0 : entry.failures + 1;
    return { ...entry, answer: { at: now, ok: no === undefined, text }, failures };
  });
}

interface Asked {
  type: AskedType;
  name: string;
  timeoutMs: number;
  moment: string;
  /** Of this moment. */
  known: AskedWebhook | null;
}

/** Those whose moment it is. */
function toAsked(
  { name, type, timeoutMs }: DeclaredWebhook,
  { state, memory, now }: { state: RolloutState; memory: WebhookMemory; now: number },
): Asked[] {
  if (type === 'event' || !isMoment(type, state, now)) return [];
  const moment = toMoment(type, state);
  const known = memory.find((entry) => entry.type === type && entry.name === name && entry.moment === moment);
  return [{ type, name, timeoutMs, moment, known: known ?? null }];
}

/** An answer holds for one phase, and for one step where there are steps; what wants it undone wants that everywhere. */
function toMoment(type: AskedType, { phase, step }: RolloutState): string {
  if (type === 'rollback') return '';
  return phase === 'shift' || phase === 'bake' ? `${phase} ${step}` : phase;
}

function isMoment(type: AskedType, state: RolloutState, now: number): boolean {
  const { phase } = state;
  if (type === 'post-rollout') return state.end !== null;
  if (state.end !== null || !canUndo(state)) return false;
  switch (type) {
    case 'confirm-rollout':
      return phase === 'prepare';
    case 'pre-rollout':
      return phase === 'smoke';
    case 'confirm-traffic-increase':
      return phase === 'shift' && !isTaken(state);
    case 'rollout':
      return phase === 'bake';
    case 'confirm-promotion':
      return phase === 'bake' && isLastLook(state, now);
    case 'rollback':
      return true;
  }
}

const isLastStep = ({ step, program }: RolloutState) => step >= program.steps.length - 1;

/** Who confirms is asked when there is something to see. */
function isLastLook(state: RolloutState, now: number): boolean {
  const bakeMs = (stepOf(state)?.bakeSeconds ?? 0) * 1000;
  return isLastStep(state) && (state.promoted || now - state.since >= bakeMs);
}

function isDue({ type, timeoutMs, known }: Asked, now: number): boolean {
  if (known === null) return true;
  const { answer, askedAt } = known;
  if (answer === null || answer.at < askedAt) return now - askedAt >= timeoutMs + lostAfterMs;
  if (type === 'post-rollout') return false;
  if (answer.ok && type !== 'rollout') return false;
  return now - answer.at >= (answer.ok ? stillWellMs : againMs);
}

/** The last answer stands until there is another. */
function noteAsked({ type, name, moment, known }: Asked, now: number): AskedWebhook {
  const entry = known ?? { type, name, moment, answer: null, failures: 0 };
  return { ...entry, askedAt: now };
}

function groupByType(due: readonly Asked[]): WebhookQuestion[] {
  const types = [...new Set(due.map(({ type }) => type))];
  return types.map((type) => {
    const own = due.filter((one) => one.type === type);
    return { type, moment: own[0]?.moment ?? '', names: [...new Set(own.map(({ name }) => name))] };
  });
}

function toAnswer(asked: readonly Asked[]): WebhookAnswer {
  const no = asked.find(({ known }) => known?.answer?.ok === false);
  if (no !== undefined) return { kind: 'no', text: `${no.name} (${no.type}) says no: ${textOf(no)}` };
  return { kind: asked.every(({ known }) => known?.answer?.ok) ? 'yes' : 'open' };
}

function toRollback(asked: readonly Asked[]): string | null {
  const yes = asked.find(({ known }) => known?.answer?.ok);
  return yes === undefined ? null : `${yes.name} (rollback) asks for it`;
}

function toCheck(asked: Asked): GateCheck {
  const { name, type, known } = asked;
  const failures = known?.failures ?? 0;
  const lastWas = known?.answer?.ok ? 'pass' : 'not-enough-data';
  const verdict = failures >= failuresMax ? 'fail' : lastWas;
  const times = failures === 1 ? 'once' : `${failures} times in a row`;
  const said = failures === 0 ? 'says yes' : `said no ${times}: ${textOf(asked)}`;
  return { name, verdict, text: known?.answer ? `${type} ${said}` : `${type} has not answered yet` };
}

const textOf = ({ known }: Asked) => known?.answer?.text ?? '';
