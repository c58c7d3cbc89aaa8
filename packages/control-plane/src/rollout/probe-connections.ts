import { KeptHttp } from '@alwayson/engines/http/kept-http.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';

/** Where a gateway listens. */
export interface Door {
  host: string;
  port: number;
}

export interface ProbeQuestion {
  door: Door;
  path: string;
  /** Over a connection that was used before, else over a new one. */
  kept: boolean;
}

export interface ProbeConnections {
  /** Why there was no good answer in time, null when there was one; `refused`: nobody listens. Never throws. */
  ask(question: ProbeQuestion): Promise<{ failure: string | null; refused: boolean }>;
  close(): void;
}

/** Of each door and path. */
const freeMax = 4;

export function createProbeConnections(environment: Environment, timeoutMs: number): ProbeConnections {
  const headers = {
    Host: new URL(environment.frontDoor.url).host,
    'user-agent': 'alwayson-release-prober',
    [probeTokenHeader]: environment.tokens.probe,
  };
  const free = new Map<string, KeptHttp[]>();
  let isClosed = false;
  const keyOf = ({ door, path }: ProbeQuestion) => `${door.host} ${door.port} ${path}`;
  const take = (question: ProbeQuestion): KeptHttp => {
    const known = question.kept ? free.get(keyOf(question))?.pop() : undefined;
    return known ?? new KeptHttp({ ...question.door, path: question.path, headers, timeoutMs });
  };
  const giveBack = (question: ProbeQuestion, connection: KeptHttp) => {
    const others = free.get(keyOf(question)) ?? [];
    if (isClosed || !question.kept || others.length >= freeMax) connection.close();
    else free.set(keyOf(question), [...others, connection]);
  };
  return {
    async ask(question) {
      const connection = take(question);
      try {
        const { status } = await connection.ask();
        return { failure: status < 400 ? null : `HTTP ${status}`, refused: false };
      } catch (error) {
        return { failure: toReason(error), refused: codeOf(error) === 'ECONNREFUSED' };
      } finally {
        giveBack(question, connection);
      }
    },
    close() {
      isClosed = true;
      for (const connection of [...free.values()].flat()) connection.close();
      free.clear();
    },
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function toReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === '' ? (codeOf(error) ?? 'no answer') : message;
}
