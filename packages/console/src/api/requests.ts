import type { KillResult } from '@alwayson/protocol/control-api.ts';
import { AlwaysOnError, fromProblem } from '@alwayson/protocol/errors.ts';
import type { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { Problem } from '@alwayson/protocol/problem.ts';
import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Status } from '@alwayson/protocol/status.ts';

const readTimeoutMs = 5_000;
/** A kill or revive answers when it was carried out, which may wait for processes. */
const changeTimeoutMs = 60_000;

export type TryAction = 'kill' | 'revive';

export function getStatus(): Promise<Status> {
  return getJson('/api/status');
}

export function getOperations(): Promise<Operation[]> {
  return getJson('/api/operations');
}

/** The rollout that runs, else the one that ended last. */
export function getRollout(): Promise<RolloutReport> {
  return getJson('/api/rollout');
}

/** The newest events, newest last. */
export function getNewestEvents(limit: number): Promise<Event[]> {
  return getJson(`/api/events?limit=${limit}`);
}

/** The `limit` events just before `seq`, newest last. */
export function getEventsBefore(seq: number, limit: number): Promise<Event[]> {
  return getJson(`/api/events?before=${seq}&limit=${limit}`);
}

export async function getUnitLog(unit: string, lines: number): Promise<string> {
  const path = `/api/units/${encodeURIComponent(unit)}/log?lines=${lines}`;
  return (await send(path, { timeoutMs: readTimeoutMs })).text();
}

/** Kills or revives a unit, stamp, zone or region; AON_UNAUTHORIZED without the operator's session. */
export async function postTry(action: TryAction, target: string): Promise<KillResult> {
  const answer = await send(`/api/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target }),
    timeoutMs: changeTimeoutMs,
  });
  return (await answer.json()) as KillResult;
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await send(path, { timeoutMs: readTimeoutMs })).json()) as T;
}

async function send(path: string, init: RequestInit & { timeoutMs: number }): Promise<Response> {
  const { timeoutMs, ...rest } = init;
  let answer: Response;
  try {
    answer = await fetch(path, { ...rest, signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    throw new AlwaysOnError('AON_UNREACHABLE', 'The control plane does not answer.', { cause });
  }
  if (!answer.ok) throw await toError(answer);
  return answer;
}

async function toError(answer: Response): Promise<AlwaysOnError> {
  if (answer.headers.get('content-type')?.includes('json')) {
    const problem = (await answer.json().catch(() => undefined)) as Problem | undefined;
    if (problem?.code !== undefined) return fromProblem(problem);
  }
  if (answer.status === 401) return new AlwaysOnError('AON_UNAUTHORIZED', 'Not signed in.');
  return new AlwaysOnError('AON_UNREACHABLE', `The control plane answered ${answer.status}.`);
}
