import type { MemberObservation } from '@alwayson/core/database/database-observation.ts';
import { knock } from '@alwayson/engines/postgres/knock.ts';
import { probeServer, type ServerAnswer } from '@alwayson/engines/postgres/probe-server.ts';
import { administratorSettings } from '@alwayson/engines/postgres/administer-server.ts';
import { superuser } from '@alwayson/engines/postgres/server-files.ts';
import { connectSql, type SqlClient, toSqlFailure } from '@alwayson/engines/postgres/sql-client.ts';

const probeTimeoutMs = 1000;
/** Every so many probes, the member is also asked over a new connection. */
const knockEvery = 4;

interface MemberView extends Pick<MemberObservation, 'sql' | 'silences' | 'sinceAnswerMs'> {
  answer: ServerAnswer | null;
}

export interface MemberWatch {
  /** Asks in the background, unless it asks already or asked less than `ageMs` ago. */
  poll(ageMs: number): void;
  /** Asks anew and returns when the answer is in the view, whatever it is. */
  refresh(): Promise<void>;
  view(): MemberView;
  /** Its process is known to be down: nothing said before counts any more. */
  forget(): void;
  close(): void;
}

export interface MemberWatchContext {
  address: string;
  port: number;
  password: string;
  /** After every probe, and when the connection is lost. */
  onResult: () => void;
}

/** Asks one server how it is, over a connection that is kept. */
export function createMemberWatch(context: MemberWatchContext): MemberWatch {
  const { address: host, port, password, onResult } = context;
  const target = {
    host,
    port,
    password,
    user: superuser,
    database: 'postgres',
    settings: administratorSettings,
  };
  const since = performance.now();
  let client: SqlClient | null = null;
  let asking: Promise<void> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asked = 0;
  let answeredAt = since;
  let closed = false;
  let state: Omit<MemberView, 'sinceAnswerMs'> = { sql: 'unknown', silences: 0, answer: null };

  const disconnect = () => {
    client?.close();
    client = null;
  };

  const connectOnce = async () => {
    if (client !== null) return client;
    const connected = await connectSql({ ...target, timeoutMs: probeTimeoutMs });
    connected.onLost(() => {
      if (client !== connected) return;
      client = null;
      // Most likely the process is gone: find out at once.
      if (asking === null) poll(0);
    });
    client = connected;
    return connected;
  };

  const ask = async () => {
    try {
      asked += 1;
      const isKnock = client !== null && asked % knockEvery === 0;
      const [answer] = await Promise.all([
        connectOnce().then(probeServer),
        isKnock ? knock({ host, port, timeoutMs: probeTimeoutMs }) : undefined,
      ]);
      state = { sql: 'answers', silences: 0, answer };
      answeredAt = performance.now();
    } catch (error) {
      disconnect();
      const sql = toSqlFailure(error);
      state = { sql, silences: sql === 'silent' ? state.silences + 1 : 0, answer: null };
    }
  };

  const poll = (ageMs: number) => {
    if (closed || asking !== null || performance.now() - askedAt < ageMs) return;
    askedAt = performance.now();
    asking = ask().then(() => {
      asking = null;
      if (closed) disconnect();
      else onResult();
    });
  };

  return {
    poll,
    async refresh() {
      // What is being asked may have been answered before whatever the caller did.
      await asking;
      poll(0);
      await asking;
    },
    view: () => ({ ...state, sinceAnswerMs: performance.now() - answeredAt }),
    forget() {
      if (asking !== null) return;
      disconnect();
      state = { sql: 'refused', silences: 0, answer: null };
    },
    close() {
      closed = true;
      disconnect();
    },
  };
}
