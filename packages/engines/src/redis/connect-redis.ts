import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RedisServerAddress } from './redis-config.ts';

/**
 * One connection to one Redis process. It never reconnects: what is sent reaches the process that was greeted, or fails.
 */
export interface RedisConnection {
  readonly isOpen: boolean;
  /** Sent at once, answered in order. A late answer closes the connection. Throws Redis' own error, or AON_QUEUE. */
  send(command: readonly string[], timeoutMs?: number): Promise<unknown>;
  close(): void;
}

/** Throws with `code` ECONNREFUSED when no process listens; AON_QUEUE when it does not answer in time. */
export async function connectRedis(
  { address, port, password }: RedisServerAddress,
  timeoutMs: number,
): Promise<RedisConnection> {
  const { createClient } = await import('redis');
  const client = createClient({
    password,
    socket: { host: address, port, connectTimeout: timeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
  });
  // Failures reach the caller through the command they broke.
  client.on('error', () => {});
  const within = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    let verdict: NodeJS.Immediate | undefined;
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => {
        const message = `Redis at ${address}:${port} did not answer in ${limitMs} ms.`;
        reject(new AlwaysOnError('AON_QUEUE', message));
        if (client.isOpen) client.destroy();
      };
      // Node looks at its clock before its sockets: they are read once more, for an answer that came while we did not get to run.
      timer = setTimeout(() => (verdict = setImmediate(giveUp)), limitMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      clearImmediate(verdict);
    }
  };
  await within(client.connect(), timeoutMs);
  return {
    get isOpen() {
      return client.isReady;
    },
    send: (command, limitMs = timeoutMs) => within(client.sendCommand([...command]), limitMs),
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}
