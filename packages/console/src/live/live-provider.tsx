import { createContext, type ReactNode, useContext, useEffect, useMemo, useReducer, useRef } from 'react';
import { getEventsBefore } from '../api/requests.ts';
import { connectLive, eventsPage, type LiveConnection } from './live-connection.ts';
import { decideLiveState, initialLiveState, type LiveState } from './live-state.ts';

interface Live extends LiveState {
  retryNow(): void;
  loadOlderEvents(): Promise<void>;
}

const LiveContext = createContext<Live | null>(null);

/** Holds the one connection to the control plane and what it brought. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [state, dispatch] = useReducer(decideLiveState, initialLiveState);
  const connection = useRef<LiveConnection>(null);

  useEffect(() => {
    const opened = connectLive(dispatch);
    connection.current = opened;
    return () => opened.close();
  }, []);

  const oldestSeq = state.events.at(-1)?.seq;
  const live = useMemo<Live>(
    () => ({
      ...state,
      retryNow: () => connection.current?.retryNow(),
      async loadOlderEvents() {
        if (oldestSeq === undefined) return;
        const events = await getEventsBefore(oldestSeq, eventsPage);
        const complete = events.length < eventsPage;
        dispatch({ type: 'older-events', events, complete });
      },
    }),
    [state, oldestSeq],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('useLive needs a LiveProvider above it.');
  return live;
}
