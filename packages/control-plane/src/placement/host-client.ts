import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { type Zone, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError, fromProblem } from '@alwayson/protocol/errors.ts';
import { Problem } from '@alwayson/protocol/problem.ts';

export interface HostRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  /** The whole answer must be there by then. */
  timeoutMs: number;
  /** Gives the request up earlier. */
  signal?: AbortSignal;
}

/** Talks to the host of one zone. */
export interface HostClient {
  /** The answer's text. Throws AON_UNREACHABLE, its `cause` telling how, or the error that the host answered. */
  send(request: HostRequest): Promise<string>;
  close(): void;
}

/** `node:http`, not `fetch`: that gives up on an answer after 5 min, and a base backup may take longer. */
export function createHostClient(zone: Zone, token: string): HostClient {
  const agent = new Agent({ keepAlive: true });
  return {
    async send(request) {
      const { status, text } = await exchange(request).catch((cause: unknown) => {
        const how = cause instanceof Error ? cause.message : String(cause);
        throw new AlwaysOnError('AON_UNREACHABLE', `The host of zone ${zone.name} did not answer: ${how}.`, {
          cause,
        });
      });
      if (status < 300) return text;
      const problem = Problem.safeParse(parseJson(text));
      if (problem.success) throw fromProblem(problem.data);
      throw new AlwaysOnError('AON_UNREACHABLE', `The host of zone ${zone.name} answered ${status}.`);
    },
    close() {
      agent.destroy();
    },
  };

  async function exchange({ method, path, body, timeoutMs, signal }: HostRequest) {
    const deadline = AbortSignal.timeout(timeoutMs);
    const request = httpRequest({
      agent,
      host: zone.address,
      port: zonePorts.host,
      method,
      path,
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode ?? 0, text };
  }
}

/** The code of the system error behind an AON_UNREACHABLE, such as ECONNREFUSED. */
export function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
