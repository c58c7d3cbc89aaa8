import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { queueKeys } from '@alwayson/protocol/workload-environment.ts';
import { createClient } from 'redis';
import type { QueueRegion } from '../identity.ts';
import { within as settleWithin } from '../within.ts';

/** One connection to one Redis process. It never reconnects: another process would be another incarnation. */
export interface QueueConnection {
  /** The run id of the process: the incarnation of what is written through this connection. */
  readonly run: string;
  readonly isOpen: boolean;
  /** Sent at once and answered in order; bounded only by `within`. */
  send(command: string[]): Promise<unknown>;
  /** The work, or AON_QUEUE and the end of the connection when it takes longer. */
  within<T>(work: Promise<T>, timeoutMs: number): Promise<T>;
  close(): void;
}

interface Candidate {
  connection: QueueConnection;
  term: number;
}

/** Once a server is found, another one gets this long to show a higher term; a frozen one must not hold up writes. */
const graceMs = 50;

/**
 * The server of the region that accepts writes: primary and let to write; of two that say so, the one with the higher
 * term. Throws AON_QUEUE when there is none now.
 */
export async function findPrimary(
  { region, servers }: QueueRegion,
  timeoutMs: number,
): Promise<QueueConnection> {
  const found = Promise.withResolvers<void>();
  const candidates: Candidate[] = [];
  let chosen = false;
  const answers = servers.map(async (url) => {
    const candidate = await connect(url, timeoutMs).catch(() => null);
    if (candidate === null) return;
    if (chosen) return candidate.connection.close();
    candidates.push(candidate);
    found.resolve();
  });
  const all = Promise.all(answers);
  await Promise.race([all, found.promise]);
  if (candidates.length < servers.length) await Promise.race([all, sleep(graceMs)]);
  chosen = true;
  const [best, ...others] = candidates.toSorted((a, b) => b.term - a.term);
  for (const { connection } of others) connection.close();
  if (best === undefined) {
    throw new AlwaysOnError('AON_QUEUE', `No queue server of region ${region} accepts writes now.`);
  }
  return best.connection;
}

/**
 * Never connected. A client made from another takes a fiftieth of the time of a new one (0.03 ms against 1.8 ms), and in an outage
 * they are made all the time.
 */
let template: ReturnType<typeof createClient> | undefined;

/** Null when the server answers but does not accept writes. */
async function connect(url: string, timeoutMs: number): Promise<Candidate | null> {
  template ??= createClient();
  const client = template.duplicate({
    url,
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
  });
  // Failures reach the caller through the command they broke.
  client.on('error', () => {});
  const close = () => {
    if (client.isOpen) client.destroy();
  };
  const within = <T>(work: Promise<T>, limitMs: number): Promise<T> =>
    settleWithin(limitMs, work, () => {
      close();
      return new AlwaysOnError('AON_QUEUE', `A queue server did not answer in ${limitMs} ms.`);
    });
  const send = (command: string[]): Promise<unknown> => client.sendCommand(command);
  const greet = async () => {
    await client.connect();
    const [info, term] = await Promise.all([
      send(['INFO', 'server', 'replication']),
      send(['GET', queueKeys.term]),
    ]);
    return { info: info as string, term: Number(term ?? 0) };
  };
  try {
    const { info, term } = await within(greet(), timeoutMs);
    const run = /^run_id:(\w+)/m.exec(info)?.[1];
    // The count of good replicas is shown only while a number of them is asked for: the fence.
    const accepts = /^role:master/m.test(info) && !/^min_slaves_good_slaves:/m.test(info);
    if (run !== undefined && accepts) {
      const connection: QueueConnection = {
        run,
        get isOpen() {
          return client.isReady;
        },
        send,
        within,
        close,
      };
      return { connection, term };
    }
  } catch (error) {
    close();
    throw error;
  }
  close();
  return null;
}
