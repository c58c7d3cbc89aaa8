import type { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { Status } from '@alwayson/protocol/status.ts';

/** Events kept in the page; older ones are asked for again when somebody wants them. */
export const eventsMax = 2_000;
const operationsMax = 50;

/** `connecting` only until the first answer or failure. */
export type Connection = 'connecting' | 'live' | 'lost';

export interface LiveState {
  readonly connection: Connection;
  /** When the control plane was last heard, on the browser's clock. */
  readonly heardAtMs: number | null;
  readonly status: Status | null;
  /** Newest first. */
  readonly operations: readonly Operation[];
  /** Newest first, one per seq. */
  readonly events: readonly Event[];
  /** True when nothing older than the last of `events` exists. */
  readonly eventsComplete: boolean;
}

export type LiveChange =
  | { type: 'live' }
  | { type: 'lost' }
  | { type: 'heard'; atMs: number }
  | { type: 'status'; status: Status }
  | { type: 'operation'; operation: Operation }
  | { type: 'operations'; operations: readonly Operation[] }
  | { type: 'event'; event: Event }
  | { type: 'newest-events'; events: readonly Event[]; complete: boolean }
  | { type: 'older-events'; events: readonly Event[]; complete: boolean };

export const initialLiveState: LiveState = {
  connection: 'connecting',
  heardAtMs: null,
  status: null,
  operations: [],
  events: [],
  eventsComplete: false,
};

export function decideLiveState(state: LiveState, change: LiveChange): LiveState {
  switch (change.type) {
    case 'live':
    case 'lost':
      return { ...state, connection: change.type };
    case 'heard':
      return { ...state, heardAtMs: change.atMs };
    case 'status':
      return { ...state, status: change.status };
    case 'operation':
      return { ...state, operations: mergeOperation(state.operations, change.operation) };
    case 'operations':
      return { ...state, operations: joinOperations(state.operations, change.operations) };
    case 'event':
      return { ...state, ...mergeEvents(state, [change.event]) };
    case 'newest-events':
      return { ...state, ...joinNewest(state, change) };
    case 'older-events':
      return { ...state, ...mergeEvents({ ...state, eventsComplete: change.complete }, change.events) };
  }
}

type EventsPart = Pick<LiveState, 'events' | 'eventsComplete'>;

/**
 * What a (re)connect brings. Where it does not join on to what is shown (a long gap, or the environment was purged and
 * counts from 1 again), it replaces it: a list with a hidden hole would lie.
 */
function joinNewest(part: EventsPart, newest: { events: readonly Event[]; complete: boolean }): EventsPart {
  const shownTo = part.events[0]?.seq ?? 0;
  const from = newest.events[0]?.seq ?? 0;
  const to = newest.events.at(-1)?.seq ?? 0;
  if (shownTo > 0 && from <= shownTo + 1 && to >= shownTo) {
    return mergeEvents({ ...part, eventsComplete: part.eventsComplete || newest.complete }, newest.events);
  }
  return mergeEvents({ events: [], eventsComplete: newest.complete }, newest.events);
}

function mergeEvents(part: EventsPart, added: readonly Event[]): EventsPart {
  const bySeq = new Map([...part.events, ...added].map((event) => [event.seq, event]));
  const events = [...bySeq.values()].sort((one, other) => other.seq - one.seq);
  if (events.length <= eventsMax) return { events, eventsComplete: part.eventsComplete };
  return { events: events.slice(0, eventsMax), eventsComplete: false };
}

function mergeOperation(operations: readonly Operation[], operation: Operation): readonly Operation[] {
  const index = operations.findIndex((known) => known.id === operation.id);
  if (index >= 0) return operations.with(index, operation);
  return [operation, ...operations].slice(0, operationsMax);
}

/** A list that was asked for may be older than what the stream brought meanwhile: an operation that has ended stays ended. */
function joinOperations(shown: readonly Operation[], read: readonly Operation[]): readonly Operation[] {
  const ended = new Map(shown.filter((operation) => operation.endedAt).map((each) => [each.id, each]));
  return read.slice(0, operationsMax).map((operation) => ended.get(operation.id) ?? operation);
}
