import type { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { getNewestEvents, getOperations, getStatus } from '../api/requests.ts';
import { backoffMs } from './backoff.ts';
import type { LiveChange } from './live-state.ts';

/** Events read on every (re)connect. */
export const eventsPage = 200;
/** A stream this quiet is checked with a request: a frozen control plane keeps its connections open. */
const quietMs = 15_000;
const watchEveryMs = 5_000;

export interface LiveConnection {
  /** Ends a wait between two attempts. */
  retryNow(): void;
  close(): void;
}

type Dispatch = (change: LiveChange) => void;

/** Keeps the console's state in step with the control plane until closed: reads, then follows, and again after a loss. */
export function connectLive(dispatch: Dispatch): LiveConnection {
  const closing = new AbortController();
  let endWait = () => {};
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async () => {
    let attempt = 0;
    while (!closing.signal.aborted) {
      const wasLive = await followOnce(dispatch, closing.signal);
      if (closing.signal.aborted) return;
      dispatch({ type: 'lost' });
      attempt = wasLive ? 0 : attempt + 1;
      await wait(backoffMs(attempt, Math.random()));
    }
  };
  void run();
  return {
    retryNow: () => endWait(),
    close() {
      closing.abort();
      endWait();
    },
  };
}

/** One life of the stream. Resolves when it is over: true when it was ever open. */
async function followOnce(dispatch: Dispatch, closing: AbortSignal): Promise<boolean> {
  const status = await getStatus().catch(() => undefined);
  if (status === undefined || closing.aborted) return false;
  dispatch({ type: 'status', status });
  dispatch({ type: 'heard', atMs: Date.now() });

  return new Promise((resolve) => {
    const source = new EventSource('/api/stream');
    let wasLive = false;
    let heardAtMs = Date.now();
    let statusCount = 0;
    const heard = () => {
      heardAtMs = Date.now();
      dispatch({ type: 'heard', atMs: heardAtMs });
    };
    const end = () => {
      source.close();
      clearInterval(watch);
      resolve(wasLive);
    };
    /** What changed before the stream was open. A status that the stream brought meanwhile is newer than the answer. */
    const refresh = async () => {
      const before = statusCount;
      const fresh = await getStatus();
      if (statusCount === before) dispatch({ type: 'status', status: fresh });
      heard();
    };
    const watch = setInterval(() => {
      if (Date.now() - heardAtMs > quietMs) refresh().catch(end);
    }, watchEveryMs);

    source.addEventListener('error', end);
    closing.addEventListener('abort', end);
    source.addEventListener('open', () => {
      wasLive = true;
      dispatch({ type: 'live' });
      Promise.all([refresh(), readHistory(dispatch)]).catch(end);
    });
    source.addEventListener('status', (message) => {
      statusCount += 1;
      dispatch({ type: 'status', status: JSON.parse(message.data) as Status });
      heard();
    });
    source.addEventListener('event', (message) => {
      dispatch({ type: 'event', event: JSON.parse(message.data) as Event });
      heard();
    });
    source.addEventListener('operation', (message) => {
      dispatch({ type: 'operation', operation: JSON.parse(message.data) as Operation });
      heard();
    });
  });
}

async function readHistory(dispatch: Dispatch): Promise<void> {
  const [operations, events] = await Promise.all([getOperations(), getNewestEvents(eventsPage)]);
  dispatch({ type: 'operations', operations });
  dispatch({ type: 'newest-events', events, complete: events.length < eventsPage });
}
