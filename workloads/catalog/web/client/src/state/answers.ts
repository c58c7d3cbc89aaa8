import { createStore } from './store.ts';

/** Which unit answered a request: `X-Server-Name` and `X-Server-Location`. */
export interface AnsweredBy {
  /** Counts up, so that equal answers stay apart. */
  sequence: number;
  server: string;
  region: string;
}

const answersKept = 16;

/** The last answers, oldest first, so that people who stop servers can watch the traffic move. */
export const answers = createStore<readonly AnsweredBy[]>([]);

export function noteAnswer(headers: Headers): void {
  const server = headers.get('x-server-name');
  if (!server) return;
  const before = answers.get();
  const sequence = (before.at(-1)?.sequence ?? 0) + 1;
  const answer = { sequence, server, region: headers.get('x-server-location') ?? '' };
  answers.set([...before, answer].slice(-answersKept));
}
