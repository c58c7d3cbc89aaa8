import { createStore } from './store.ts';

/** Which unit answered a request: `X-Server-Name` and `X-Server-Location`. */
export interface AnsweredBy {
  /** Counts up, so that equal answers stay apart. */
  sequence: number;
  server: string;
  region: string;
  /** 0, 1, 2... in the order in which this page met the servers: equal servers look equal. */
  acquaintance: number;
}

const answersKept = 16;
const met: string[] = [];
const metMax = 100;

/** The last answers, oldest first, so that people who stop servers can watch the traffic move. */
export const answers = createStore<readonly AnsweredBy[]>([]);

export function noteAnswer(headers: Headers): void {
  const server = headers.get('x-server-name');
  if (!server) return;
  const before = answers.get();
  const sequence = (before.at(-1)?.sequence ?? 0) + 1;
  if (!met.includes(server) && met.length < metMax) met.push(server);
  const acquaintance = Math.max(0, met.indexOf(server));
  const answer = { sequence, server, region: headers.get('x-server-location') ?? '', acquaintance };
  answers.set([...before, answer].slice(-answersKept));
}
